import type { JscTarget, Options } from "@swc/core";

/** The part of tsconfig's compilerOptions that changes what a program does when it runs. */
export interface CompilerOptions {
  readonly target?: string;
  readonly module?: string;
  readonly esModuleInterop?: boolean;
  readonly useDefineForClassFields?: boolean;
  readonly experimentalDecorators?: boolean;
  readonly emitDecoratorMetadata?: boolean;
}

/** Kinds of modules for which TypeScript turns esModuleInterop on by itself and leaves `import()` alone. */
const NODE_MODULES = /^(node|preserve)/;

/** What swc has to be told to emit what TypeScript would. */
export function swcOptions(file: string, compilerOptions: CompilerOptions): Options {
  const isNodeModule = NODE_MODULES.test(compilerOptions.module?.toLowerCase() ?? "");
  const { useDefineForClassFields, experimentalDecorators = false } = compilerOptions;
  return {
    filename: file,
    // The program's .swcrc, if any, is for something else.
    swcrc: false,
    configFile: false,
    sourceMaps: "inline",
    module: {
      type: "commonjs",
      noInterop: !(compilerOptions.esModuleInterop ?? isNodeModule),
      ignoreDynamic: isNodeModule,
    },
    jsc: {
      target: swcTarget(compilerOptions.target),
      parser: { syntax: "typescript", tsx: file.endsWith(".tsx"), decorators: true },
      transform: {
        legacyDecorator: experimentalDecorators,
        decoratorMetadata: compilerOptions.emitDecoratorMetadata ?? false,
        ...(experimentalDecorators ? {} : { decoratorVersion: "2022-03" }),
        ...(useDefineForClassFields === undefined ? {} : { useDefineForClassFields }),
      },
    },
  };
}

/** tsconfig's target in swc's words; the oldest that makes sense for a Pulumi program when there is none. */
function swcTarget(target = "es2020"): JscTarget {
  const name = target.toLowerCase();
  return (name === "es6" ? "es2015" : name) as JscTarget;
}
