import { Topology } from "../components";
import { readConfig } from "./config";
import { createProviders } from "./providers";

const config = readConfig();
const { shared, regions, witness } = createProviders(config);
const topology = new Topology(config.project, { ...config, regions, witness }, { providers: shared });

/** Where clients reach each region. */
export const endpoints = topology.endpoints;
/** Desired weight by backend in each region. */
export const weights = topology.weights;
/** The namespace in each region. */
export const namespaces = topology.namespaces;
/** The service's image by digest. */
export const image = topology.image;
/** The name clients ask for, where there is a dns. */
export const fqdn = topology.fqdn;
/** What the database promises, where there is one. */
export const database = topology.database;
/** The service's version. */
export const version = topology.version;
