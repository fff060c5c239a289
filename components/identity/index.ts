export * from "./pod-identity";
