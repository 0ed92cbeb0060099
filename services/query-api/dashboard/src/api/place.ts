/** After which event of the stream answers are: it is joined there, and nothing that is shown goes back behind it. */
import { fetchInTime } from "../../client/src/http.ts";
import { isBefore } from "../../client/src/places.ts";

/** How long the stream waits for a first answer: events must get through where answers do not. */
const MOST_MS = 3_000;
// Mostly a replica lags by less than the first of these; each is a wait before the same is asked again.
const AGAIN_MS = [250, 1_000, 3_000];
// What an address answered is shown for as long, and may be gone from the page then.
const SHOWN_MS = 300_000;
const [SOON_MS, RARELY_MS] = [250, 60_000];

/** Replicas that lag behind what this page has seen are all that answers. */
export class BehindError extends Error {
  constructor() {
    super("The server that answers lags behind what this page has seen.");
    this.name = "BehindError";
  }
}

export interface Places {
  /** The place of the first answer, or null where none says one in time. */
  first: Promise<string | null>;
  /** Asks again after a moment where an answer is older than what was seen; keeps to what is shown where all are. */
  fetch: typeof fetchInTime;
  /** An event at a place was heard. */
  heard: (place: string) => void;
  /** Calls `then` where answers had to be taken that are older than what was seen: soon, then ever more rarely. */
  onOlder: (then: () => void) => void;
}

export function placesOf(ask: typeof fetchInTime): Places {
  const seen = seenPlaces();
  const late = lateAnswers();
  let found: (place: string | null) => void;
  const first = new Promise<string | null>((resolve) => {
    found = resolve;
    setTimeout(() => resolve(null), MOST_MS);
  });

  async function once(input: RequestInfo | URL, init?: RequestInit) {
    try {
      const answer = await ask(input, init);
      const place = answer.headers.get("X-Event-Id");
      if (place !== null) {
        found(place);
        seen.note(place);
      }
      return { answer, isOld: place !== null && seen.isOld(place) };
    } catch (error) {
      found(null);
      throw error;
    }
  }

  return {
    first,
    fetch: async (input, init) => {
      const address = input instanceof Request ? input.url : String(input);
      const signal = init?.signal ?? (input instanceof Request ? input.signal : null);
      let { answer, isOld } = await once(input, init);
      // A part that shows nothing yet takes what there is.
      const isShown = late.isShown(address);
      for (const wait of isShown ? AGAIN_MS : []) {
        if (!isOld) break;
        await pause(wait, signal);
        ({ answer, isOld } = await once(input, init));
      }
      late.note(address, isOld, isShown);
      if (isOld && isShown) throw new BehindError();
      return answer;
    },
    heard: (place) => seen.note(place),
    onOlder: (then) => late.listen(then),
  };
}

/** The newest place of each stream that an answer or an event was at. */
function seenPlaces() {
  let newest: string[] = [];
  const isOld = (place: string) => newest.some((each) => isBefore(place, each));
  const note = (place: string) => {
    if (!isOld(place)) newest = [...newest.filter((each) => each !== place && !isBefore(each, place)), place];
  };
  return { isOld, note };
}

/** Which addresses were answered, and which of them by what is older than what was seen: they are asked again. */
function lateAnswers() {
  const shown = new Map<string, number>();
  const old = new Set<string>();
  let [onOlder, timer, next]: [(() => void) | null, ReturnType<typeof setTimeout> | undefined, number] = [
    null,
    undefined,
    SOON_MS,
  ];

  function again(): void {
    timer = undefined;
    if (old.size) onOlder?.();
  }

  return {
    listen: (then: () => void) => (onOlder = then),
    isShown: (address: string) => Date.now() - (shown.get(address) ?? -Infinity) < SHOWN_MS,
    note: (address: string, isOld: boolean, wasShown: boolean) => {
      for (const [each, at] of shown) if (Date.now() - at >= SHOWN_MS) shown.delete(each);
      if (!isOld || !wasShown) shown.set(address, Date.now());
      if (!isOld) {
        old.delete(address);
        if (!old.size) next = SOON_MS;
        return;
      }
      old.add(address);
      timer ??= setTimeout(again, next);
      next = Math.min(2 * next, RARELY_MS);
    },
  };
}

function pause(ms: number, signal: AbortSignal | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}

export const places = placesOf(fetchInTime);
