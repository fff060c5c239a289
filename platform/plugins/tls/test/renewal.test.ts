import type { Properties } from "../../support/properties";
import { selfSignedCert } from "../src/self-signed-cert";
import { authority, authorityInputs, harness, textIn, type Identity } from "./issued";

const hour = 3_600_000;
const none = { changed: [], replaces: [] };
const renewed = { changed: ["readyForRenewal"], replaces: ["readyForRenewal"] };
let by: Identity;

beforeAll(async () => {
  await harness.start();
  by = await authority(undefined, { earlyRenewalHours: 10 });
});

afterEach(() => {
  jest.restoreAllMocks();
});

afterAll(() => {
  harness.stop();
});

const calls = () => harness.resource(selfSignedCert);
const inputs = (changes: Properties = {}) => ({
  ...authorityInputs(by.key),
  earlyRenewalHours: 10,
  ...changes,
});

/** Lets so many hours pass since the certificate was made. */
function after(hours: number): void {
  const start = Date.parse(textIn(by.state, "validityStartTime"));
  jest.spyOn(Date, "now").mockReturnValue(start + hours * hour);
}

test.each([
  [13.9, none],
  [14, renewed],
  [25, renewed],
])("a certificate for 24 hours that is renewed 10 before: after %d hours", async (hours, expected) => {
  after(hours);
  expect(await calls().diff(by.state, inputs())).toEqual(expected);
});

test("a refresh says that it is time, and the next update still makes a new one", async () => {
  after(13.9);
  expect((await calls().read("1", by.state)).state).toMatchObject({ readyForRenewal: false });
  after(14);
  const { state } = await calls().read("1", by.state);
  expect(state).toMatchObject({ readyForRenewal: true });
  expect(await calls().diff(state, inputs())).toEqual(renewed);
});

test("another time for renewals only changes the state", async () => {
  after(1);
  const news = inputs({ earlyRenewalHours: 5 });
  expect(await calls().diff(by.state, news)).toEqual({ changed: ["earlyRenewalHours"], replaces: [] });
  const state = await calls().update(by.state, news);
  expect(state).toMatchObject({ earlyRenewalHours: 5, certPem: by.certificate, readyForRenewal: false });
  after(15);
  expect(await calls().diff(state, news)).toEqual(none);
});

test("a later renewal takes back that it was time", async () => {
  after(15);
  const { state } = await calls().read("1", by.state);
  const news = inputs({ earlyRenewalHours: 5 });
  expect(await calls().diff(state, news)).toEqual({
    changed: ["earlyRenewalHours", "readyForRenewal"],
    replaces: [],
  });
  expect(await calls().update(state, news)).toMatchObject({ readyForRenewal: false });
});

test("a certificate that is always to be renewed says so from the start", async () => {
  const { state } = await authority(undefined, { earlyRenewalHours: 24 });
  expect(state).toMatchObject({ readyForRenewal: true });
});
