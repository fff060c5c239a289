import * as acm from "@pulumi/aws/acm";
import * as route53 from "@pulumi/aws/route53";
import * as pulumi from "@pulumi/pulumi";
import type { AwsGround } from "../core";

/** Who is called what, and where that is proved. */
export interface CertificatesArgs {
  /** The name clients ask for. Replaces the certificates. */
  readonly fqdn: string;
  /** Route 53's ID of the hosted zone that the name is in. */
  readonly hostedZoneId: string;
  /** What regions stand on, by name; the first one proves for all. */
  readonly grounds: Readonly<Record<string, AwsGround>>;
}

const recordSeconds = 60;

/** One name's certificate in every region: AWS renews it for as long as its record stands. */
export class Certificates extends pulumi.ComponentResource {
  /** ARNs of certificates that are valid, by region. */
  readonly arns: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, args: CertificatesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:routing:Certificates", name, {}, opts);
    const { fqdn, hostedZoneId, grounds } = args;
    const issued = Object.entries(grounds).map(([region, { provider }]) => {
      const inRegion = { parent: this, provider };
      const certificateArgs = { domainName: fqdn, validationMethod: "DNS", tags: { Name: fqdn } };
      return {
        region,
        inRegion,
        certificate: new acm.Certificate(`${name}-${region}`, certificateArgs, inRegion),
      };
    });
    // AWS asks an account for the same record in every region: two of them would be one too many.
    const records = issued.slice(0, 1).map(({ certificate, inRegion }) => {
      const proof = certificate.domainValidationOptions.apply(([option]) => option);
      return new route53.Record(
        `${name}-record`,
        {
          zoneId: hostedZoneId,
          name: proof.apply((asked) => asked?.resourceRecordName ?? ""),
          type: proof.apply((asked) => asked?.resourceRecordType ?? ""),
          records: [proof.apply((asked) => asked?.resourceRecordValue ?? "")],
          ttl: recordSeconds,
        },
        inRegion,
      );
    });
    this.arns = Object.fromEntries(
      issued.map(({ region, certificate, inRegion }) => [
        region,
        new acm.CertificateValidation(
          `${name}-${region}-validation`,
          { certificateArn: certificate.arn, validationRecordFqdns: records.map(({ fqdn: of }) => of) },
          inRegion,
        ).certificateArn,
      ]),
    );
    this.registerOutputs({});
  }
}
