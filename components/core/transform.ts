/**
 * The escape hatch for one child: gets the arguments the house would use and returns those to use instead.
 * A plain function, unlike Pulumi's own transforms, so that it works under mocks too.
 *
 * @example
 * ```ts
 * transform: { deployment: (args) => ({ ...args, metadata: { ...args.metadata, annotations } }) }
 * ```
 */
export type Transform<Args> = (args: Args) => Args;

/** The arguments after the escape hatch, if there is one. */
export function transformed<Args>(args: NoInfer<Args>, transform: Transform<Args> | undefined): Args {
  return transform === undefined ? args : transform(args);
}
