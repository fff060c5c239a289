export * from "./steward";
export { type LogLevel, stewardedSites } from "./steward-environment";
