/** The frame of every page: header, the page itself, what happens live. */
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { ErrorBoundary } from "react-error-boundary";
import { Link, Route, Switch, useLocation } from "wouter";

import { Freshness } from "./Freshness.tsx";
import { Header } from "./Header.tsx";
import { BASE } from "./lib/base.ts";
import { LiveBar } from "./live/LiveBar.tsx";
import { Clock } from "./nav/Clock.tsx";
import { UnknownFilters } from "./nav/UnknownFilters.tsx";
import { OverviewPage } from "./pages/overview/OverviewPage.tsx";
import { Broken } from "./ui/Broken.tsx";
import { Empty, Loading } from "./ui/Panel.tsx";

const models = () => import("./pages/models/ModelsPage.tsx");
const tasks = () => import("./pages/tasks/TasksPage.tsx");
const task = () => import("./pages/tasks/TaskPage.tsx");
const ingestion = () => import("./pages/ingestion/IngestionPage.tsx");
const operations = () => import("./pages/operations/OperationsPage.tsx");
const palette = () => import("./nav/Palette.tsx");
const ModelsPage = lazy(models);
const TasksPage = lazy(tasks);
const TaskPage = lazy(task);
const IngestionPage = lazy(ingestion);
const OperationsPage = lazy(operations);
const Palette = lazy(palette);
const QUIET_MS = 1_500;

/** Once the first page stands, fetches the others: they open at once then, also while the server is away. */
function useAllPages(): void {
  useEffect(() => {
    const timer = setTimeout(
      () => void Promise.allSettled([models(), tasks(), task(), ingestion(), operations(), palette()]),
      QUIET_MS,
    );
    return () => clearTimeout(timer);
  }, []);
}

/** Keeps the keyboard on the page: a link that led away is gone with its own page. */
function useFocusOn(location: string): void {
  const before = useRef(location);
  useEffect(() => {
    const lost = document.activeElement === null || document.activeElement === document.body;
    if (before.current !== location && lost) document.getElementById("main")?.focus({ preventScroll: true });
    before.current = location;
  }, [location]);
}

/** Whether the palette is open; Ctrl-K or Cmd-K opens and closes it. */
function useCommands() {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    function onKey(event: KeyboardEvent): void {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey) return;
      event.preventDefault();
      setOpen((is) => !is);
    }
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  return [open, setOpen] as const;
}

function NotFound() {
  return (
    <Empty title="There is no such page.">
      <Link href="/" className="link">
        Go to the overview
      </Link>
    </Empty>
  );
}

export function App() {
  const [location] = useLocation();
  const [commands, setCommands] = useCommands();
  useAllPages();
  useFocusOn(location);
  return (
    <div className="mx-auto flex min-h-dvh max-w-7xl flex-col px-4 pb-11 sm:px-6 print:pb-0">
      <a
        href="#main"
        className="button sr-only focus:not-sr-only focus:absolute focus:px-3.5 focus:top-2 focus:left-2 focus:z-50"
      >
        Skip to the content
      </a>
      <Header onCommands={() => setCommands(true)} />
      <main id="main" tabIndex={-1} className="min-h-dvh flex-1 pt-2 pb-10">
        <UnknownFilters />
        <ErrorBoundary key={location} FallbackComponent={Broken}>
          <Suspense fallback={<Loading lines={6} label="Loading the page" />}>
            <Switch>
              <Route path="/" component={OverviewPage} />
              <Route path="/models" component={ModelsPage} />
              <Route path="/tasks" component={TasksPage} />
              <Route path="/tasks/:task" component={TaskPage} />
              <Route path="/ingestion" component={IngestionPage} />
              <Route path="/operations" component={OperationsPage} />
              <Route component={NotFound} />
            </Switch>
          </Suspense>
        </ErrorBoundary>
      </main>
      <footer className="border-line text-muted flex flex-wrap gap-x-5 gap-y-1 border-t py-5 text-sm">
        <span>arcwatch</span>
        <a className="link" href={`${BASE}/docs`}>
          API
        </a>
        <a className="link" href={`${BASE}/feed.atom`}>
          Feed of new models
        </a>
        <a className="link" href={`${BASE}/openapi.json`}>
          OpenAPI
        </a>
        <Clock />
      </footer>
      <Freshness />
      {commands && (
        <Suspense>
          <Palette onClose={() => setCommands(false)} />
        </Suspense>
      )}
      <LiveBar />
    </div>
  );
}
