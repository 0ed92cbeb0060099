import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { caughtUp } from "../client/src/http.ts";
import { LatestStore } from "../client/src/latest.ts";
import { type ConnectionState, type LiveEvent, openLive } from "../client/src/live.ts";
import { isHeard } from "../client/src/places.ts";
import { SharedLive } from "../client/src/shared.ts";
import { FakeSource, newest, pageOf } from "./support/source.ts";

let page = pageOf();

beforeEach(() => {
  FakeSource.all = [];
  page = pageOf();
  Object.assign(globalThis, { EventSource: FakeSource, document: page });
  mock.timers.enable({ apis: ["setTimeout"] });
});
afterEach(() => mock.timers.reset());

function listening(afterBreak?: "events" | "reset") {
  const heard: string[] = [];
  const states: ConnectionState[] = [];
  const onEvent = ({ event, id }: LiveEvent) => heard.push(id ? `${event} ${id}` : event);
  const onState = (state: ConnectionState) => states.push(state);
  const connection = openLive({
    baseUrl: "https://arc",
    onEvent,
    onState,
    ...(afterBreak && { afterBreak }),
  });
  return { heard, states, connection };
}

function show(state: "visible" | "hidden"): void {
  page.visibilityState = state;
  page.dispatchEvent(new Event("visibilitychange"));
}

test("an event that comes twice is told once, and what has no place of its own always", () => {
  const { heard } = listening();
  newest().open();
  newest().send("ingested", "7-1");
  newest().send("ingested", "7-1");
  newest().send("progress", "7-1");
  newest().send("progress", "7-1");
  newest().send("sync", "7-3");
  newest().send("failed", "7-2");
  assert.deepEqual(heard, ["ingested 7-1", "progress", "progress", "sync 7-3"]);
});

test("a stream made anew begins again after its reset", () => {
  const { heard } = listening();
  newest().open();
  newest().send("ingested", "7-5");
  newest().send("reset", "8-0");
  newest().send("ingested", "8-4");
  newest().send("reset", "8-2");
  newest().send("ingested", "8-3");
  assert.deepEqual(heard, ["ingested 7-5", "reset 8-0", "ingested 8-4", "reset 8-2", "ingested 8-3"]);
  assert.equal(isHeard("8-1", "7-5"), false);
  assert.equal(isHeard("7-5", "7-10"), true);
  assert.equal(isHeard("none of ours", "7-10"), false);
});

test("a connection that is refused is opened again, after the last event", () => {
  const { heard, states } = listening();
  newest().open();
  newest().send("ping", "7-4");
  newest().refuse();
  assert.equal(FakeSource.all.length, 1);
  mock.timers.tick(5_000);
  assert.equal(newest().url, "https://arc/api/events?lastEventId=7-4");
  newest().open();
  newest().send("ingested", "7-5");
  assert.deepEqual(heard, ["ping", "ingested 7-5"]);
  assert.deepEqual(states, ["connecting", "open", "lost", "open"]);
});

test("a stream begins where an answer says, and only then", async () => {
  for (const afterBreak of ["events", "reset"] as const) {
    const heard: string[] = [];
    FakeSource.all = [];
    let begin: (place: string | null) => void = () => assert.fail();
    const after = new Promise<string | null>((resolve) => (begin = resolve));
    const connection = openLive({
      baseUrl: "https://arc",
      afterBreak,
      after,
      onEvent: ({ event, id }) => heard.push(`${event} ${id}`),
    });
    show("visible");
    assert.equal(FakeSource.all.length, 0);
    begin("7-4");
    await after;
    assert.equal(newest().url, "https://arc/api/events?lastEventId=7-4");
    newest().refuse();
    mock.timers.tick(5_000);
    assert.equal(newest().url, "https://arc/api/events?lastEventId=7-4", "it was never open");
    newest().open();
    newest().send("ingested", "7-4");
    newest().send("ingested", "7-5");
    newest().refuse();
    mock.timers.tick(5_000);
    const again = afterBreak === "reset" ? "" : "?lastEventId=7-5";
    assert.equal(newest().url, `https://arc/api/events${again}`);
    newest().open();
    assert.deepEqual(heard, ["ingested 7-5", ...(afterBreak === "reset" ? ["reset 7-5"] : [])]);
    connection.close();
  }
});

test("a stream that is closed before it is known where to begin stays closed", async () => {
  const after = Promise.resolve("7-1");
  openLive({ after, onEvent: () => undefined }).close();
  await after;
  show("visible");
  assert.equal(FakeSource.all.length, 0);
});

test("where the place is not known, or is not wanted, a reset says that something may be missing", () => {
  const unknown = listening();
  newest().open();
  newest().refuse();
  mock.timers.tick(5_000);
  assert.equal(newest().url, "https://arc/api/events");
  newest().open();
  assert.deepEqual(unknown.heard, ["reset"]);
  unknown.connection.close();

  const unwanted = listening("reset");
  newest().open();
  newest().send("ingested", "7-1");
  newest().refuse();
  mock.timers.tick(5_000);
  assert.equal(newest().url, "https://arc/api/events");
  newest().open();
  assert.deepEqual(unwanted.heard, ["ingested 7-1", "reset 7-1"]);
});

test("a connection on which nothing comes is given up, and so is that of a hidden page", () => {
  const { states, connection } = listening();
  newest().open();
  mock.timers.tick(20_000);
  newest().send("ping", "7-1");
  mock.timers.tick(24_999);
  assert.deepEqual(states, ["connecting", "open"]);
  mock.timers.tick(1);
  assert.deepEqual(states, ["connecting", "open", "lost"]);
  mock.timers.tick(5_000);
  newest().open();
  show("hidden");
  mock.timers.tick(10_000);
  assert.equal(newest().readyState, FakeSource.CLOSED);
  show("visible");
  assert.equal(FakeSource.all.length, 3);
  connection.close();
  show("hidden");
  mock.timers.tick(100_000);
  show("visible");
  assert.equal(FakeSource.all.length, 3);
});

test("two who listen by the same function are two", () => {
  const live = new SharedLive("");
  const [said, seen]: [string[], string[]] = [[], []];
  const listener = ({ event }: LiveEvent) => said.push(event);
  const watcher = () => seen.push(live.current().connection);
  const stop = live.listen(listener);
  live.listen(listener);
  const leave = live.watch(watcher);
  live.watch(watcher);
  stop();
  stop();
  leave();
  mock.timers.tick(2_000);
  newest().open();
  newest().send("sync", "5-1");
  assert.deepEqual([said, seen], [["sync"], ["open"]]);
});

test("an error of one who listens is thrown, and the others hear the event", () => {
  const live = new SharedLive("");
  const said: string[] = [];
  live.listen(() => assert.fail("a bug of theirs"));
  live.listen(({ event }) => said.push(event));
  newest().send("sync", "7-1");
  assert.deepEqual(said, ["sync"]);
  assert.throws(() => mock.timers.tick(1), /a bug of theirs/);
});

test("an answer from before what was heard is asked for again, but not for ever", async () => {
  const [live, asked] = [new SharedLive(""), [] as string[]];
  const places = ["7-4", "7-4", "7-5", "7-4", "7-4", "7-4", "7-4", "6-1"];
  const ask = caughtUp(() => {
    const place = places.shift() ?? assert.fail("asked too often");
    asked.push(place);
    return Promise.resolve(new Response(place, { headers: { "X-Event-Id": place } }));
  }, live.place);
  const answer = async (waits: number) => {
    const found = ask("/").then((response) => response.text());
    for (let turn = 0; turn < waits; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      mock.timers.tick(3_000);
    }
    return found;
  };
  assert.equal(await answer(0), "7-4", "nothing was heard");
  live.listen(() => undefined);
  newest().send("ingested", "7-5");
  newest().send("progress", "7-5");
  assert.equal(await answer(1), "7-5");
  assert.equal(await answer(3), "7-4");
  assert.equal(await answer(0), "6-1", "of another stream nothing can be told");
  assert.equal(asked.length, 8);
});

test("all who listen share one connection, which outlives a change of pages", () => {
  const live = new SharedLive("");
  const said: string[] = [];
  const first = live.listen(({ event }) => said.push(`first ${event}`));
  const second = live.listen(({ event }) => said.push(`second ${event}`));
  newest().send("ping", "", { stale: true });
  assert.deepEqual(live.current(), { connection: "connecting", stale: true });
  first();
  second();
  mock.timers.tick(999);
  const third = live.listen(({ event }) => said.push(`third ${event}`));
  mock.timers.tick(100);
  assert.notEqual(newest().readyState, FakeSource.CLOSED);
  newest().send("sync", "7-1");
  third();
  mock.timers.tick(1_000);
  assert.equal(newest().readyState, FakeSource.CLOSED);
  assert.equal(FakeSource.all.length, 1);
  assert.deepEqual(said, ["first ping", "second ping", "third sync"]);
});

test("what landed between the first answer and the connection is asked for", async () => {
  let asked = 0;
  const ask = () => Promise.resolve({ data: { model: `m-${++asked}` } } as never);
  const live = new SharedLive("");
  const store = new LatestStore(ask, live);
  const stop = store.watch(() => undefined);
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  newest().open();
  newest().open();
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  assert.deepEqual([asked, store.current().latest?.model], [2, "m-2"]);
  stop();
  const again = new LatestStore(ask, live).watch(() => undefined);
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  newest().send("ping", "", { stale: false });
  assert.equal(asked, 3, "it is open already");
  again();
});

test("the latest model is asked for at once, after events, and again where that fails", async () => {
  let answers = 0;
  const asked: (() => void)[] = [];
  const ask = () =>
    new Promise<never>((resolve, reject) => {
      asked.push(() => {
        answers += 1;
        if (answers === 2) reject(new Error("gone"));
        else resolve({ data: { model: `m-${answers}` }, stale: false, asOf: null } as never);
      });
    });
  const store = new LatestStore(ask, new SharedLive(""));
  const answer = async () => {
    asked.at(-1)?.();
    await Promise.resolve().then(() => undefined);
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  };
  const stop = store.watch(() => undefined);
  newest().send("ingested", "7-1");
  newest().send("sync", "7-2");
  assert.equal(asked.length, 1);
  await answer();
  assert.equal(store.current().latest?.model, "m-1");
  assert.equal(asked.length, 2, "what was wanted meanwhile is asked once");
  await answer();
  assert.deepEqual([store.current().latest?.model, store.current().error?.message], ["m-1", "gone"]);
  mock.timers.tick(5_000);
  assert.equal(asked.length, 3);
  await answer();
  assert.deepEqual([store.current().latest?.model, store.current().error], ["m-3", null]);
  stop();
  mock.timers.tick(1_000_000);
  assert.equal(asked.length, 3);
});
