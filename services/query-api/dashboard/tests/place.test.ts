/** The stream is joined after the first answer's event; an answer from before that one has all asked for again. */
import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { placesOf } from "../src/api/place.ts";

function answering(...said: (string | null | Error)[]) {
  const ask = () => {
    const next = said.shift();
    if (next instanceof Error) return Promise.reject(next);
    return Promise.resolve(new Response("{}", { headers: next ? { "X-Event-Id": next } : {} }));
  };
  return placesOf(ask);
}

test("an answer that names no event, and all after the first one that does, decide nothing", async () => {
  const places = answering(null, "7-5", "7-9");
  let older = 0;
  places.onOlder(() => older++);
  for (let times = 0; times < 3; times++) await places.fetch("/api");
  assert.equal(await places.first, "7-5");
  assert.equal(older, 0);
});

test("an answer from before the first one is told of, once; one of another stream tells nothing", async () => {
  const places = answering("7-5", "7-5", "8-2", "7-4", "7-3");
  let older = 0;
  places.onOlder(() => older++);
  const seen: number[] = [];
  for (let times = 0; times < 5; times++) {
    await places.fetch("/api");
    seen.push(older);
  }
  assert.deepEqual(seen, [0, 0, 0, 1, 1]);
});

test("where no answer comes, the stream is joined as it is", async () => {
  mock.timers.enable({ apis: ["setTimeout"] }); // nothing but the failure ends the wait
  const places = answering(new Error("gone"), "7-5");
  await assert.rejects(places.fetch("/api"));
  assert.equal(await places.first, null);
  await places.fetch("/api");
  assert.equal(await places.first, null);
});
