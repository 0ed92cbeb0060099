import "./styles.css";

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Router } from "wouter";

import { ApiError } from "./api/client.ts";
import { askFirst } from "./api/first.ts";
import { BehindError } from "./api/place.ts";
import { App } from "./App.tsx";
import { useRawSearch } from "./hooks/useRawSearch.ts";
import { BASE } from "./lib/base.ts";
import { connect } from "./live/connect.ts";
import { useLive } from "./live/store.ts";
import { aroundNav, followScrolling } from "./nav/scrolling.ts";

const FIVE_MINUTES = 300_000;

const client = new QueryClient({
  defaultOptions: {
    queries: {
      // Events tell what is new; polling is for when they do not get through.
      staleTime: FIVE_MINUTES,
      refetchInterval: () => (useLive.getState().paused ? false : FIVE_MINUTES),
      refetchOnReconnect: () => (useLive.getState().paused ? false : "always"),
      refetchOnWindowFocus: () => !useLive.getState().paused,
      // A part of the page that only now begins to look at an answer must not have it changed for all others.
      refetchOnMount: () => !useLive.getState().paused,
      retry: (failures, error) =>
        failures < 2 && !(error instanceof ApiError && error.status < 500) && !(error instanceof BehindError),
    },
  },
});

// Relative to the address at which the page was loaded: browsers ask for its icon again when that changes.
for (const link of document.querySelectorAll<HTMLLinkElement>("link[href]"))
  link.setAttribute("href", link.href);
connect(client);
followScrolling();
if (location.pathname === `${BASE}/`) askFirst(client, location.search);

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <Router base={BASE} searchHook={useRawSearch} aroundNav={aroundNav}>
        <App />
      </Router>
    </QueryClientProvider>
  </StrictMode>,
);
