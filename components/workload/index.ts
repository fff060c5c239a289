export * from "./autoscaling";
export * from "./cache";
export * from "./probes";
export * from "./web-service";
