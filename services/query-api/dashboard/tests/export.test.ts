/** What is taken along as CSV opens whole in a spreadsheet, and starts nothing there. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { csvOf, fileName } from "../src/export/csv.ts";

const lines = (rows: object[]) => csvOf(rows).slice(1).split("\r\n").slice(0, -1);

test("numbers keep all of their digits, and parts of objects stand under their names", () => {
  const rows = [
    { model: "a", score: 0.1 + 0.2, interval: { low: 1e-7, high: -0.5 }, on: true, list: [] },
    { model: "b", score: 1 / 3, interval: null, on: false, list: [{ x: 1 }] },
  ];
  assert.deepEqual(lines(rows), [
    "model,score,interval.low,interval.high,on,list",
    "a,0.30000000000000004,1e-7,-0.5,true,",
    'b,0.3333333333333333,,,false,"[{""x"":1}]"',
  ]);
});

test("a text is never a formula, also where a blank or a wide sign hides it", () => {
  for (const text of ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "＝1", "\u0000=1", "\rx"]) {
    const [, line = ""] = csvOf([{ text }])
      .slice(1)
      .split(/\r\n(?!$)/);
    assert.match(line, /^"?'/, text);
  }
  assert.deepEqual(lines([{ name: "a=b", "=x": "-" }]), ["name,'=x", "a=b,'-"]);
});

test("quotes, commas and breaks stay inside their cell", () => {
  assert.equal(csvOf([{ a: 'say "x", y\nz', b: " pad " }]), '\ufeffa,b\r\n"say ""x"", y\nz"," pad "\r\n');
  assert.equal(csvOf([]), "\ufeff\r\n");
});

test("a file says what it holds and of when it is", () => {
  const at = new Date("2026-11-28T09:05:59Z");
  assert.equal(
    fileName("Tasks of GPT-5 (high)!", "csv", at),
    "arcwatch-tasks-of-gpt-5-high-2026-11-28T0905Z.csv",
  );
  assert.equal(fileName("中文", "png", at), "arcwatch-rows-2026-11-28T0905Z.png");
});
