/** What happens while an answer is on its way for the first time has it asked for again. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { QueryClient, QueryObserver } from "@tanstack/react-query";

import { invalidate } from "../src/live/invalidate.ts";

/** A query that a page looks at, whose answers come when the test says so. */
function looked() {
  const waiting: (() => void)[] = [];
  let landed = 0;
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity } } });
  const observer = new QueryObserver(client, {
    queryKey: ["models"],
    queryFn: () => {
      const answer = landed;
      return new Promise<number>((resolve) => waiting.push(() => resolve(answer)));
    },
  });
  const stop = observer.subscribe(() => undefined);
  return {
    client,
    waiting,
    land: () => landed++,
    shown: () => observer.getCurrentResult().data,
    settle: () => new Promise((resolve) => setTimeout(resolve, 0)),
    stop,
  };
}

test("an answer from before a landing is asked for again, once for all that landed meanwhile", async () => {
  const { client, waiting, land, shown, settle, stop } = looked();
  land();
  land();
  invalidate(client, { queryKey: ["models"] });
  invalidate(client);
  assert.equal(waiting.length, 1);
  waiting[0]?.();
  await settle();
  await settle();
  assert.equal(waiting.length, 2);
  waiting[1]?.();
  await settle();
  assert.equal(shown(), 2);
  assert.equal(waiting.length, 2);
  stop();
  client.clear();
});

test("an answer that is there is asked for again at once, and another query is left alone", async () => {
  const { client, waiting, land, shown, settle, stop } = looked();
  waiting[0]?.();
  await settle();
  invalidate(client, { queryKey: ["latest"] });
  assert.equal(waiting.length, 1);
  land();
  invalidate(client, { queryKey: ["models"] });
  assert.equal(waiting.length, 2);
  waiting[1]?.();
  await settle();
  assert.equal(shown(), 1);
  stop();
  client.clear();
});
