import { getEventListeners } from "node:events";

import { Bell, pause } from "../../src/await/pause";

test("a pause that is over leaves no listener on its signal", async () => {
  const { signal } = new AbortController();
  await pause(1, signal);
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("an abort ends a pause, and none begins after it", async () => {
  const controller = new AbortController();
  const pausing = pause(60_000, controller.signal);
  controller.abort();
  await pausing;
  await pause(60_000, controller.signal);
  expect(getEventListeners(controller.signal, "abort")).toEqual([]);
});

test("a bell that rang before anybody waited ends the next wait only", async () => {
  const bell = new Bell();
  const { signal } = new AbortController();
  bell.ring();
  await bell.wait(60_000, signal);
  const waiting = bell.wait(60_000, signal);
  bell.ring();
  await waiting;
  const begun = performance.now();
  await bell.wait(20, signal);
  expect(performance.now() - begun).toBeGreaterThan(15);
});
