export * from "./alarm-plan";
export * from "./alarms";
