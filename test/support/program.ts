/** Tests run programs by the engine that reviews them. */
export * from "../../review/program";
