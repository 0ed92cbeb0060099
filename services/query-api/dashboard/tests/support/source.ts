/** What a browser gives to a page that listens; the test says what comes. */
import assert from "node:assert/strict";

type Heard = (message: { data: string; lastEventId: string }) => void;

export class FakeSource {
  static readonly CLOSED = 2;
  static all: FakeSource[] = [];
  readyState = 0;
  onopen: () => void = () => undefined;
  onerror: () => void = () => undefined;
  readonly url: string;
  private readonly listeners = new Map<string, Heard>();

  constructor(url: string) {
    this.url = url;
    FakeSource.all.push(this);
  }

  addEventListener(name: string, heard: Heard): void {
    this.listeners.set(name, heard);
  }

  close(): void {
    this.readyState = FakeSource.CLOSED;
  }

  open(): void {
    this.readyState = 1;
    this.onopen();
  }

  send(name: string, lastEventId: string, data: object = {}): void {
    this.listeners.get(name)?.({ data: JSON.stringify(data), lastEventId });
  }

  refuse(): void {
    this.close();
    this.onerror();
  }
}

export const newest = (): FakeSource => FakeSource.all.at(-1) ?? assert.fail("nothing listens");

/** A document that may be hidden. */
export const pageOf = (): EventTarget & { visibilityState: string } =>
  Object.assign(new EventTarget(), { visibilityState: "visible" });
