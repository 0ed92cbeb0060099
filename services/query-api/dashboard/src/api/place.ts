/** After which event of the stream answers are: it is joined there, so that nothing is missed between both. */
import { fetchInTime } from "../../client/src/http.ts";
import { isHeard } from "../../client/src/places.ts";

/** How long the stream waits for a first answer: events must get through where answers do not. */
const MOST_MS = 3_000;

export interface Places {
  /** The place of the first answer, or null where none says one in time. */
  first: Promise<string | null>;
  fetch: typeof fetchInTime;
  /** Calls `then`, once, when an answer comes that is from before the first one: events between both are not heard. */
  onOlder: (then: () => void) => void;
}

export function placesOf(ask: typeof fetchInTime): Places {
  let [joined, onOlder]: [string | null, (() => void) | null] = [null, null];
  let found: (place: string | null) => void;
  const first = new Promise<string | null>((resolve) => {
    found = resolve;
    setTimeout(() => resolve(null), MOST_MS);
  });
  void first.then((place) => (joined = place));
  const note = (place: string | null) => {
    if (place === null) return;
    found(place);
    if (joined === null || place === joined || !isHeard(place, joined)) return;
    onOlder?.();
    onOlder = null;
  };
  return {
    first,
    fetch: async (input, init) => {
      try {
        const answer = await ask(input, init);
        note(answer.headers.get("X-Event-Id"));
        return answer;
      } catch (error) {
        found(null);
        throw error;
      }
    },
    onOlder: (then) => (onOlder = then),
  };
}

export const places = placesOf(fetchInTime);
