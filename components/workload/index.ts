export * from "./autoscaling";
export * from "./cache";
export type { WebDatabase } from "./pod-database";
export * from "./probes";
export * from "./web-service";
