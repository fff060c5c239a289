export * from "./account";
export * from "./authority";
export * from "./certificate";
export * from "./certificate-request";
export * from "./trust-secret";
