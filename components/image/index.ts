export * from "./go-image";
export * from "./image-name";
export * from "./mirror-image";
export { createRegistry, type EcrConfig, type Registry, type RegistryConfig } from "./registry";
