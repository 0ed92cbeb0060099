/** The stream is joined after the first answer's event, and what is shown never goes back behind what was seen. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { BehindError, placesOf } from "../src/api/place.ts";

beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"], now: 0 }));
afterEach(() => mock.timers.reset());

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A server whose answers name these places, how often it was asked, and how often the page was told to ask again. */
function answering(...said: (string | null | Error)[]) {
  const counts = { asked: 0, older: 0 };
  const ask = () => {
    counts.asked++;
    const next = said.shift();
    if (next instanceof Error) return Promise.reject(next);
    const answer = new Response(next ?? "", { headers: next ? { "X-Event-Id": next } : {} });
    return Promise.resolve(answer);
  };
  const places = placesOf(ask);
  places.onOlder(() => counts.older++);
  const get = async (address = "/api", init: RequestInit = {}) =>
    (await places.fetch(address, init)).headers.get("X-Event-Id");
  return { places, counts, get };
}

/** Lets so many milliseconds pass, and what waited for them go on. */
async function pass(...waits: number[]): Promise<void> {
  for (const wait of waits) {
    await settled();
    mock.timers.tick(wait);
  }
  await settled();
}

test("an answer that names no event, and all that are as new as what was seen, are taken as they come", async () => {
  const { places, counts, get } = answering(null, "7-5", "7-9", "7-9", null, "8-1");
  for (let times = 0; times < 6; times++) await get();
  await pass(300_000);
  assert.equal(await places.first, "7-5");
  assert.deepEqual(counts, { asked: 6, older: 0 });
});

test("where no answer comes, the stream is joined as it is", async () => {
  const { places, get } = answering(new Error("gone"), "7-5");
  await assert.rejects(get());
  assert.equal(await places.first, null);
  await get();
  assert.equal(await places.first, null);
});

test("an answer from before an event that was heard is asked for again until it is as new", async () => {
  const { places, counts, get } = answering("7-5", "7-5", "7-8", "7-9");
  await get();
  places.heard("7-9");
  const answer = get();
  await pass(250, 1_000);
  assert.deepEqual([await answer, counts], ["7-9", { asked: 4, older: 0 }]);
});

test("what is shown stays where all that answers is older; that is asked for again, ever more rarely", async () => {
  const { counts, get } = answering("7-5", "7-9", ...Array<string>(8).fill("7-8"), "7-9");
  await get();
  await get("/other");
  for (const older of [1, 2]) {
    const answer = assert.rejects(get(), BehindError);
    await pass(250, 1_000, 3_000);
    await answer;
    await pass(250 * older - 1);
    assert.equal(counts.older, older - 1);
    await pass(1);
    assert.equal(counts.older, older);
  }
  assert.equal(await get(), "7-9");
  assert.equal(counts.asked, 11);
});

test("a part that shows nothing yet takes an older answer, which is asked for again soon; after a while any does", async () => {
  const { counts, get } = answering("7-9", "7-5", "7-9", "7-8");
  await get("/one");
  assert.equal(await get("/other"), "7-5");
  await pass(250);
  assert.deepEqual(counts, { asked: 2, older: 1 });
  await get("/other");
  await pass(300_000);
  assert.equal(await get("/one"), "7-8");
});

test("an older answer that was asked for anew meanwhile has nothing asked for again", async () => {
  const { counts, get } = answering("7-9", "7-5", "7-9");
  await get("/one");
  await get("/other");
  await get("/other");
  await pass(60_000);
  assert.equal(counts.older, 0);
});

test("who no longer wants an answer does not wait for it", async () => {
  const { counts, get } = answering("7-5", "7-9", "7-5");
  await get();
  await get("/other");
  const wish = new AbortController();
  const answer = assert.rejects(get("/api", { signal: wish.signal }), { name: "AbortError" });
  await settled();
  wish.abort();
  await answer;
  await pass(10_000);
  assert.equal(counts.asked, 3);
});

test("of another stream nothing can be told, and places of the one before are still known", async () => {
  const { counts, get } = answering("7-5", "8-2", "7-5", "8-3", "7-4", "8-3");
  for (let times = 0; times < 4; times++) await get();
  assert.equal(counts.asked, 4);
  const answer = get();
  await pass(250);
  assert.equal(await answer, "8-3");
});
