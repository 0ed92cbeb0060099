/** React hooks over a client: what they return is up to date for as long as the component is there. */
import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useContext,
  useEffect,
  useRef,
  useSyncExternalStore,
} from "react";

import type { ArcwatchClient, LatestQuery } from "./client.ts";
import type { LatestState } from "./latest.ts";
import type { LiveStatus, Listener } from "./shared.ts";

const Context = createContext<ArcwatchClient | null>(null);

/** Lends a client to all hooks below. */
export function ArcwatchProvider({
  client,
  children,
}: {
  client: ArcwatchClient;
  children?: ReactNode;
}): ReactElement {
  return createElement(Context.Provider, { value: client }, children);
}

export function useClient(): ArcwatchClient {
  const client = useContext(Context);
  if (!client)
    throw new Error("Put <ArcwatchProvider client={createClient({ baseUrl })}> around this component.");
  return client;
}

/** The latest model, of all datasets or of one; a new one shows at once. */
export function useLatestModel(query: LatestQuery = {}): LatestState & { isPending: boolean } {
  const store = useClient().latest(query);
  const state = useSyncExternalStore(store.watch, store.current, store.current);
  return { ...state, isPending: state.latest === undefined && state.error === null };
}

/** How the live connection is; `listener` gets each event, as long as the component is there. */
export function useLive(listener?: Listener): LiveStatus {
  const { live } = useClient();
  const newest = useRef(listener);
  useEffect(() => {
    newest.current = listener;
  });
  useEffect(() => live.listen((event) => newest.current?.(event)), [live]);
  return useSyncExternalStore(live.watch, live.current, live.current);
}
