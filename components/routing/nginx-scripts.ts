import { configDirectory, drainFlag, runDirectory } from "./nginx-config";

/**
 * Starts nginx so that every stop signal becomes a graceful quit: Kubernetes sends SIGTERM, on which nginx drops its
 * requests, or the SIGQUIT that nginx images ask for, which a shell as process 1 would ignore.
 */
export const startScript = `# Left behind by a predecessor in the same pod that was killed.
rm -f ${runDirectory}/*.sock ${drainFlag}
/usr/sbin/nginx -e stderr -c ${configDirectory}/nginx.conf -g 'daemon off;' &
nginx=$!
trap 'kill -QUIT "$nginx"' TERM QUIT
status=0
while kill -0 "$nginx" 2>/dev/null; do wait "$nginx"; status=$?; done
exit "$status"
`;

/** Asks clients to leave and gives them the time: Kubernetes runs it before the stop signal, and so may a person. */
export const drainScript = (seconds: number): string => `touch ${drainFlag}
sleep ${seconds}
`;
