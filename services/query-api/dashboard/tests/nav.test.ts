/** What an address may say, which link a view has, and what the palette finds. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";

import type { ModelRow } from "../src/api/client.ts";
import { groupsOf, pickOf } from "../src/nav/commands.ts";
import { linkOf } from "../src/nav/link.ts";
import { pageAt, PAGES, unknownIn } from "../src/nav/pages.ts";
import { matching } from "../src/ui/options.ts";

const row = (model: string, rest: Partial<ModelRow> = {}) =>
  ({ dataset: "a/b", model, displayName: model, source: "ARC2-Eval", score: 0.5, ...rest }) as ModelRow;
const unknown = (path: string, query: string, rows: ModelRow[] = []) =>
  unknownIn(pageAt(path), new URLSearchParams(query), rows);

test("names and values that mean nothing on a page are told", () => {
  assert.deepEqual(unknown("/models", "q=x&colour=red&order=reversed&q=y"), [["colour", "red"]]);
  assert.deepEqual(unknown("/ingestion", "status=done&auto=true&page=0&run=12&order="), [
    ["status", "done"],
    ["page", "0"],
  ]);
  assert.deepEqual(unknown("/models", "until=2026-01-31"), []);
  assert.deepEqual(unknown("/models", "until=soon"), [["until", "soon"]]);
  assert.deepEqual(unknown("/", "toString=1"), [["toString", "1"]]);
  assert.deepEqual(unknown("/nowhere", "x=1"), []);
});

test("a facet's value is known once a submission has it, and not doubted before they are loaded", () => {
  assert.deepEqual(unknown("/models", "provider=Acme"), []);
  assert.deepEqual(unknown("/models", "provider=Acme", [row("m")]), [["provider", "Acme"]]);
  assert.deepEqual(unknown("/models", "provider=Acme", [row("m", { provider: "Acme" })]), []);
});

test("whatever the pages read of their address is known", () => {
  const files = globSync("src/{pages,hooks,ui}/**/*.{ts,tsx}", { cwd: new URL("..", import.meta.url) });
  const known = new Set(PAGES.flatMap(({ says }) => Object.keys(says)));
  const read = files.flatMap((file) => {
    const text = readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
    return [...text.matchAll(/params\.(?:get|has)\("([^"]+)"\)|\bparam="([^"]+)"/g)].map(
      (found) => found[1] ?? found[2],
    );
  });
  assert.ok(read.length > 15);
  assert.deepEqual(
    read.filter((name) => name !== undefined && !known.has(name)),
    [],
  );
});

test("a link names what the page chose by itself, and keeps what the address says", () => {
  const shown = { dataset: "a/b", model: "m 1" };
  assert.equal(linkOf("https://x.org/w/#main", shown), "https://x.org/w/?dataset=a%2Fb&model=m+1");
  assert.equal(
    linkOf("https://x.org/?model=other&show=correct", { model: "m" }),
    "https://x.org/?model=other&show=correct",
  );
});

test("the palette finds pages, models and actions by any of their words", () => {
  const groups = groupsOf([
    row("gpt-5", { displayName: "GPT-5" }),
    row("opus", { displayName: "Opus 5", score: 0.9 }),
  ]);
  const found = (text: string) =>
    matching(groups, text).flatMap(({ options }) => options.map(({ value }) => pickOf(value)));
  assert.deepEqual(found("gpt"), [{ model: "a/b/gpt-5" }]);
  assert.deepEqual(found("leader"), [{ page: "/models" }]);
  assert.deepEqual(found("theme dark"), [{ action: "dark" }]);
  assert.deepEqual(found("5"), [{ model: "a/b/opus" }, { model: "a/b/gpt-5" }]);
  assert.equal(matching(groups, "5", 1).flatMap(({ options }) => options).length, 1);
  assert.deepEqual(
    groupsOf([]).map(({ label }) => label),
    ["Pages", "Actions"],
  );
  // Before anything is typed a list shows the first of them only: no action is behind a thousand models.
  assert.deepEqual(
    groups.map(({ label }) => label),
    ["Pages", "Actions", "Models"],
  );
});
