/** Name, pages, connection, commands, link, theme. */
import { Link, useLocation } from "wouter";

import { type Theme, useTheme } from "./hooks/useTheme.ts";
import { useLive } from "./live/store.ts";
import { CopyLink } from "./nav/CopyLink.tsx";
import { PAGES } from "./nav/pages.ts";
import { Dot } from "./ui/Badge.tsx";
import { Icon } from "./ui/icons.tsx";

const NEXT: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const NAMES: Record<Theme, string> = { system: "System", light: "Light", dark: "Dark" };
const ICONS: Record<Theme, string> = { system: "◐", light: "☀", dark: "☾" };

function Logo() {
  return (
    <svg viewBox="0 0 16 16" className="size-7" aria-hidden="true">
      <rect width="16" height="16" rx="3.5" className="fill-hero" />
      <path className="fill-[#3ddc97]" d="M3 3h3v3H3zM10 10h3v3h-3z" />
      <path className="fill-[#ff7a59]" d="M10 3h3v3h-3z" />
      <path className="fill-[#5b8cff]" d="M3 10h3v3H3z" />
      <path className="fill-[#ffd166]" d="M6.5 6.5h3v3h-3z" />
    </svg>
  );
}

function Connection() {
  const connection = useLive((state) => state.connection);
  const said = { connecting: "Connecting", open: "Live", lost: "Reconnecting" }[connection];
  return (
    <span
      role="status"
      data-testid="connection"
      className="text-muted flex min-w-0 items-center gap-2 text-sm"
    >
      <Dot tone={connection === "open" ? "good" : "part"} alive={connection === "open"} />
      <span className="truncate">{said}</span>
    </span>
  );
}

const KEYS = /Mac|iP(hone|ad)/.test(navigator.userAgent) ? "⌘K" : "Ctrl K";

/** Whether a page, or one below it, is shown. */
function isAt(location: string, path: string): boolean {
  return location === path || (path !== "/" && location.startsWith(`${path}/`));
}

export function Header({ onCommands }: { onCommands: () => void }) {
  const [location] = useLocation();
  const [theme, setTheme] = useTheme();
  return (
    <header className="flex flex-wrap items-center gap-x-3 gap-y-2 py-4 md:flex-nowrap lg:gap-x-6">
      <Link href="/" className="flex items-center gap-2.5 text-lg font-semibold tracking-tight">
        <Logo />
        arcwatch
      </Link>
      <nav aria-label="Pages" className="order-last flex w-full flex-wrap md:order-none md:w-auto lg:gap-1">
        {PAGES.map(({ path, name }) => (
          <Link
            key={path}
            href={path}
            aria-current={isAt(location, path) ? "page" : undefined}
            className="text-muted hover:text-ink aria-[current=page]:bg-panel aria-[current=page]:border-line aria-[current=page]:text-ink rounded-lg border border-transparent px-[5px] py-1.5 text-xs font-medium sm:px-2.5 sm:text-sm lg:px-3"
          >
            {name}
          </Link>
        ))}
      </nav>
      <div className="flex min-w-0 flex-1 basis-40 items-center justify-end gap-2 lg:gap-3">
        <Connection />
        <button
          type="button"
          className="button text-muted shrink-0 px-2.5"
          aria-keyshortcuts="Control+K Meta+K"
          title={`Find a page, a model or an action (${KEYS})`}
          onClick={onCommands}
        >
          <Icon name="search" />
          <span className="sr-only">Commands</span>
          <kbd className="hidden font-sans text-xs lg:inline">{KEYS}</kbd>
        </button>
        <CopyLink />
        <button
          type="button"
          className="button shrink-0 px-2.5 lg:min-w-26"
          title={`Switch to ${NAMES[NEXT[theme]].toLowerCase()}`}
          onClick={() => setTheme(NEXT[theme])}
        >
          <span aria-hidden="true">{ICONS[theme]}</span>
          <span className="sr-only">Theme:</span>{" "}
          <span className="sr-only lg:not-sr-only">{NAMES[theme]}</span>
        </button>
      </div>
    </header>
  );
}
