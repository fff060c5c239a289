import type { HealthSource } from "./router";

/** The source as nginx finds it: looked up like pods are, so that nginx starts and serves where the name is unknown. */
export const healthUpstream = ({ host, port }: HealthSource): string => `
upstream region_health {
    zone region_health 64k;
    server ${host}:${port} resolve max_fails=0;
}`;

/**
 * The source's answer, or else a 503 of the router's own, before whoever asks gives up after a second. A router that
 * drains still tells it: the region does not leave with one of its pods.
 */
export const healthLocations = ({ path }: HealthSource): string => `

    # Whether the region is in service: asked every second, so not logged.
    location = ${path} {
        access_log off;
        proxy_pass http://region_health;
        proxy_connect_timeout 300ms;
        proxy_read_timeout 500ms;
        proxy_hide_header Cache-Control;
        add_header Cache-Control no-store always;
        error_page 502 504 = @no_health;
    }
    location @no_health {
        access_log off;
        add_header Cache-Control no-store always;
        return 503 "nobody says whether this region is in service\\n";
    }`;
