export * from "./pod-identity";
export * from "./statement";
