export * from "./go-image";
export * from "./image-name";
export * from "./mirror-image";
