/** What live events change on a page, and what they leave alone while its reader has paused it. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { FakeSource, newest, pageOf } from "./support/source.ts";

const document = Object.assign(pageOf(), { querySelector: () => null });
const localStorage = { getItem: () => null, setItem: () => undefined, removeItem: () => undefined };
Object.assign(globalThis, {
  document,
  localStorage,
  location: { href: "https://arc/models" },
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
  window: globalThis,
  EventSource: FakeSource,
});
// They look at what a browser has when they are loaded.
const { QueryClient, QueryObserver } = await import("@tanstack/react-query");
const { connect } = await import("../src/live/connect.ts");
const { dismiss, pause, useLive } = await import("../src/live/store.ts");
const { useKept } = await import("../src/live/kept.ts");

const [SET, AT] = ["a/b", "2026-11-28T12:00:00Z"];
const row = (model: string, ingestedAt = AT) => ({ dataset: SET, model, displayName: model, ingestedAt });
const landing = (model: string, more: object = {}) => ({
  ...row(model, "2026-11-28T13:00:00Z"),
  runId: 7,
  attempts: [{}],
  landed: true,
  score: 0.5,
  tasksSubmitted: 6,
  tasksTotal: 12,
  ...more,
});
const failure = (more: object = {}) => ({
  runId: 8,
  dataset: SET,
  model: "m",
  reason: "no such folder",
  failedAt: AT,
  dryRun: false,
  ...more,
});
const progress = (more: object = {}) => ({
  runId: 7,
  dataset: SET,
  model: "m",
  status: "running",
  done: 1,
  total: 9,
  ...more,
});

const KEYS = ["models", "latest-model", "model", "tasks", "task", "history", "status", "cron"];

/** Once all that was asked for is there. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

const ends: (() => void)[] = [];

/** A page that looks at an answer of each kind, and how often each was asked for since. */
async function opened() {
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity, retry: false } } });
  const asked: string[] = [];
  for (const name of KEYS) {
    const queryKey = ["model", "task"].includes(name) ? [name, SET, "m"] : [name];
    const first = name === "models" ? { total: 1, data: [row("old")] } : { of: name };
    client.setQueryData(queryKey, first);
    const queryFn = () => {
      asked.push(name);
      return Promise.resolve(client.getQueryData(queryKey));
    };
    // As main.tsx has it.
    const refetchInterval = () => (useLive.getState().paused ? false : 300_000);
    const observer = new QueryObserver(client, { queryKey, queryFn, refetchInterval });
    ends.push(observer.subscribe(() => undefined));
  }
  let older: () => void = () => assert.fail();
  const heard: string[] = [];
  connect(client, {
    first: Promise.resolve("7-1"),
    heard: (place) => heard.push(place),
    onOlder: (then) => (older = then),
  });
  await settled();
  newest().open();
  const take = () => asked.splice(0).toSorted();
  const models = () =>
    client.getQueryData<{ data: { model: string }[] }>(["models"])?.data.map(({ model }) => model);
  return { client, take, models, heard, older: () => older() };
}

const EVERYTHING = KEYS.toSorted();

beforeEach(() => {
  FakeSource.all = [];
  useLive.setState({
    connection: "connecting",
    lostAt: null,
    stale: false,
    running: [],
    ended: [],
    notice: null,
  });
  useLive.setState({ paused: false, missed: 0, missedMore: false });
  useKept.setState({ notices: true, told: [], seen: [] });
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: Date.parse(AT) });
});
afterEach(() => {
  for (const end of ends.splice(0)) end();
  dismiss();
  mock.timers.reset();
});

test("a landing is in the list at once, is told, and has asked again what it changes", async () => {
  const { take, models, client } = await opened();
  assert.equal(newest().url, "/api/events?lastEventId=7-1");
  client.setQueryData(
    ["folders", SET],
    [
      { name: "m", ingested: false },
      { name: "n", ingested: false },
    ],
  );
  newest().send("progress", "", progress({ done: 0 }));
  assert.deepEqual(take(), ["history"], "a run that begins is in the history");
  mock.timers.tick(2_000);
  newest().send("progress", "", progress());
  assert.deepEqual(take(), []);
  newest().send("ingested", "7-2", landing("m"));
  assert.deepEqual(models(), ["m", "old"]);
  assert.deepEqual(take(), ["history", "latest-model", "model", "models", "status", "task"]);
  assert.deepEqual([useLive.getState().running, useLive.getState().ended], [[], [7]]);
  assert.match(
    `${useLive.getState().notice?.title} ${useLive.getState().notice?.text}`,
    /m landed 50.0% · 6 of 12/,
  );
  assert.deepEqual(
    client.getQueryData<{ ingested: boolean }[]>(["folders", SET])?.map(({ ingested }) => ingested),
    [true, false],
  );
  // Of the tasks' pages it is known that there is more, and nothing is loaded.
  assert.equal(client.getQueryState(["tasks"])?.isInvalidated, true);
});

test("many landings in a second have the lists asked for again twice", async () => {
  const { take } = await opened();
  for (let number = 0; number < 50; number++)
    newest().send("ingested", `7-${number + 2}`, landing(`n-${number}`));
  await settled();
  assert.equal(take().filter((name) => name === "models").length, 1);
  mock.timers.tick(990);
  await settled();
  assert.deepEqual(take(), []);
  mock.timers.tick(20);
  await settled();
  assert.deepEqual(take(), ["history", "latest-model", "models", "status"]);
  mock.timers.tick(60_000);
  assert.deepEqual(take(), []);
});

test("what is no landing is told by nobody, and of one that nothing can be used of that it is so", async () => {
  await opened();
  newest().send("ingested", "7-2", landing("m", { landed: false }));
  assert.equal(useLive.getState().notice, null);
  newest().send("ingested", "7-3", landing("m", { attempts: [] }));
  assert.equal(useLive.getState().notice?.title, "Nothing usable in m");
});

test("a failure is told and kept, of a dry run told alone", async () => {
  const { take } = await opened();
  newest().send("progress", "", progress());
  newest().send("progress", "", progress({ runId: 8 }));
  take();
  newest().send("failed", "7-2", failure({ dryRun: true }));
  assert.equal(useLive.getState().notice?.title, "Dry run of m failed");
  assert.deepEqual(useKept.getState().told, []);
  assert.deepEqual(
    useLive.getState().running.map(({ runId }) => runId),
    [7],
  );
  newest().send("failed", "7-3", failure());
  assert.deepEqual(
    useKept.getState().told.map(({ key }) => key),
    ["run-8"],
  );
  assert.deepEqual([useLive.getState().notice?.failure, useLive.getState().running], ["run-8", []]);
  mock.timers.tick(1_000);
  assert.ok(take().includes("history"));
});

test("only a sync that was asked for is told, and any that failed", async () => {
  const { take } = await opened();
  const sync = { status: "completed", trigger: "schedule", newModelsFound: 1, changed: 0, error: null };
  newest().send("sync", "7-2", sync);
  assert.equal(useLive.getState().notice, null);
  assert.deepEqual(take(), ["cron", "status"]);
  newest().send("sync", "7-3", { ...sync, trigger: "manual" });
  assert.match(useLive.getState().notice?.text ?? "", /1 new model, 0 changed/);
  newest().send("sync", "7-4", { ...sync, status: "failed", error: "no answer" });
  assert.equal(useLive.getState().notice?.title, "The sync failed");
});

test("a server that says it lags behind is asked again, once", async () => {
  const { take } = await opened();
  newest().send("ping", "", { stale: false });
  assert.deepEqual(take(), []);
  newest().send("ping", "", { stale: true });
  assert.deepEqual([useLive.getState().stale, take()], [true, ["history", "latest-model", "status"]]);
  mock.timers.tick(1_000);
  newest().send("ping", "", { stale: true });
  assert.deepEqual(take(), []);
});

test("while it is paused a page changes by nothing, whatever happens, and then by all of it", async () => {
  const { take, models } = await opened();
  useLive.setState({ paused: true, missed: 0 });
  newest().send("progress", "", progress());
  newest().send("ping", "", { stale: true });
  newest().send("ingested", "7-2", landing("m"));
  newest().send("sync", "7-3", { status: "failed" });
  newest().send("failed", "7-4", failure());
  newest().refuse();
  assert.equal(useLive.getState().connection, "lost");
  mock.timers.tick(5_000);
  newest().open();
  mock.timers.tick(20_000);
  assert.deepEqual([take(), models()], [[], ["old"]]);
  // The break is no thing that is new: how much came during it is not known.
  const { running, notice, stale, missed, missedMore, connection } = useLive.getState();
  assert.deepEqual(
    [running, notice, stale, missed, missedMore, connection],
    [[], null, false, 3, true, "open"],
  );
  assert.equal(useKept.getState().told.length, 1, "a failure waits to be seen");
  useLive.setState({ paused: false, missed: 0 });
  assert.deepEqual(take(), EVERYTHING);
});

test("what is asked for by time rests during a pause, and goes on after it", async () => {
  const { take } = await opened();
  mock.timers.tick(310_000);
  await settled();
  assert.ok(new Set(take()).has("history"), "it is asked for by time");
  useLive.setState({ paused: true });
  mock.timers.tick(400_000);
  assert.deepEqual(take(), []);
  useLive.setState({ paused: false });
  await settled();
  assert.deepEqual(take(), EVERYTHING);
  mock.timers.tick(310_000);
  assert.ok(new Set(take()).has("history"));
});

test("a stream that is gone has the server asked whether it is there, and all that is shown once it is back", async () => {
  const { take } = await opened();
  newest().send("progress", "", progress());
  take();
  newest().refuse();
  assert.equal(useLive.getState().connection, "lost");
  const { lostAt } = useLive.getState();
  assert.ok(lostAt);
  mock.timers.tick(4_999);
  assert.deepEqual(take(), []);
  mock.timers.tick(1);
  assert.deepEqual(take(), ["models"]);
  newest().refuse();
  assert.equal(useLive.getState().lostAt, lostAt);
  mock.timers.tick(5_000);
  assert.deepEqual(take(), [], "it was asked already");
  newest().open();
  assert.deepEqual([useLive.getState().connection, useLive.getState().lostAt], ["open", null]);
  assert.deepEqual([take(), useLive.getState().running], [EVERYTHING, []]);
});

test("answers from before what was heard have everything asked for again, once there is no pause", async () => {
  const { take, older, heard } = await opened();
  newest().send("sync", "7-2", { status: "completed", trigger: "schedule" });
  newest().send("progress", "7-2", progress());
  newest().send("ping", "7-2", { stale: false });
  assert.deepEqual(heard, ["7-2"]);
  mock.timers.tick(2_000);
  take();
  older();
  assert.deepEqual(take(), EVERYTHING);
  pause(true);
  older();
  assert.deepEqual(take(), []);
  newest().send("reset", "7-3");
  pause(false);
  assert.deepEqual([take(), useLive.getState().missedMore], [EVERYTHING, false]);
});
