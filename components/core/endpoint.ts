/** Where something answers. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}
