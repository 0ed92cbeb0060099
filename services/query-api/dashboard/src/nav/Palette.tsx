/** The command palette: any page, model or action by a few letters. */
import { useQuery } from "@tanstack/react-query";
import { useId, useMemo } from "react";
import { useLocation } from "wouter";

import type { ModelRow } from "../api/client.ts";
import { modelsQuery } from "../api/queries.ts";
import { useClock } from "../hooks/useClock.ts";
import { type Theme, useTheme } from "../hooks/useTheme.ts";
import { BASE } from "../lib/base.ts";
import { find, modelHref } from "../lib/rows.ts";
import { toast } from "../live/store.ts";
import { Listbox, optionId, useChoice } from "../ui/Combobox.tsx";
import { Modal } from "../ui/Dialog.tsx";
import { type Action, groupsOf, pickOf } from "./commands.ts";
import { copy, linkHere } from "./link.ts";

const NONE: readonly ModelRow[] = [];
// Thousands of models are found by typing, not by scrolling.
const MOST = 50;
const PLACES = { docs: "/docs", feed: "/feed.atom" };

export default function Palette({ onClose }: { onClose: () => void }) {
  const id = useId();
  const rows = useQuery(modelsQuery()).data?.data ?? NONE;
  const groups = useMemo(() => groupsOf(rows), [rows]);
  const run = useRun(rows);
  const choice = useChoice(
    groups,
    null,
    (value) => {
      onClose();
      run(value);
    },
    { most: MOST, opened: true },
  );
  return (
    <Modal aria-label="Commands" onClose={onClose} className="mt-[10dvh] w-[calc(100vw-1.5rem)] max-w-xl">
      <input
        type="text"
        role="combobox"
        aria-label="Find a page, a model or an action"
        placeholder="Find a page, a model or an action"
        autoComplete="off"
        spellCheck={false}
        aria-expanded
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={choice.current && optionId(id, choice.current)}
        className="border-line w-full border-b bg-transparent px-5 py-4 text-base outline-none"
        value={choice.text ?? ""}
        onChange={(event) => choice.type(event.target.value)}
        onKeyDown={(event) => event.key !== "Escape" && choice.onKeyDown(event)}
      />
      <Listbox
        id={id}
        label="Commands"
        value={null}
        choice={choice}
        className="max-h-[60dvh] overflow-auto p-2"
      />
    </Modal>
  );
}

async function copyLink(): Promise<void> {
  const done = await copy(linkHere());
  toast({
    kind: done ? "plain" : "bad",
    title: done ? "Link copied" : "The browser does not let this page copy",
  });
}

const hrefOf = (row: ModelRow | undefined) => (row ? modelHref(row.dataset, row.model) : "/");

/** Does what was picked, once the palette is closed. */
function useRun(rows: readonly ModelRow[]): (value: string) => void {
  const [, navigate] = useLocation();
  const [, setTheme] = useTheme();
  const [, toggleClock] = useClock();
  function go(href: string): void {
    navigate(href);
    window.scrollTo(0, 0);
  }
  function act(action: Action): void {
    if (action === "copy") void copyLink();
    else if (action === "docs" || action === "feed") location.assign(BASE + PLACES[action]);
    else if (action === "clock") toggleClock();
    else setTheme(action satisfies Theme);
  }
  return (value) => {
    const pick = pickOf(value);
    if ("action" in pick) act(pick.action);
    else go("page" in pick ? pick.page : hrefOf(find(rows, pick.model)));
  };
}
