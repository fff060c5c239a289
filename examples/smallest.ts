import { createCluster, Topology } from "../components";

// One region on a cluster you have, with nine requests of ten for the stable version.
const { endpoints } = new Topology("smallest", {
  project: "twinstack",
  stack: "smallest",
  images: {
    registry: "localhost:5001/twinstack",
    builder: "golang:1.25",
    nginx: "nginx:1.30",
    valkey: "valkey/valkey:9",
  },
  service: {
    version: "1.0.0",
    scaling: { kind: "fixed", replicas: 2 },
    resources: { cpuMillicores: 50, memoryMebibytes: 64 },
  },
  regions: {
    home: {
      cluster: createCluster("smallest-home-cluster", { kind: "existing", context: "kind-kind" }),
      routing: {
        kind: "nginx",
        algorithm: "weighted",
        backends: { stable: { weight: 9 }, canary: { weight: 1 } },
        exposure: { kind: "clusterIp" },
      },
    },
  },
});

export { endpoints };
