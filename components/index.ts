export * from "./cluster";
export * from "./core";
export * from "./image";
export * from "./region";
export * from "./routing";
export * from "./site";
export * from "./topology";
export * from "./workload";
