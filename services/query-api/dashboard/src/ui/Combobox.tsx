/** A text field that finds one of many options by typing (the ARIA pattern "combobox with listbox popup"). */
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";

import { Badge } from "./Badge.tsx";
import { type Group, type Option, matching, step } from "./options.ts";

interface ComboboxProps {
  label: string;
  groups: Group[];
  value: string | null;
  onPick: (value: string | null) => void;
  placeholder: string;
  clearable?: boolean;
}

export function Combobox({ label, groups, value, onPick, placeholder, clearable = false }: ComboboxProps) {
  const id = useId();
  const { open, text, shown, current, show, type, hide, point, onKeyDown } = useChoice(groups, value, onPick);
  const selected = useMemo(
    () => groups.flatMap((group) => group.options).find((option) => option.value === value),
    [groups, value],
  );
  return (
    <div className="relative min-w-0">
      <label htmlFor={id} className="label mb-1.5 block">
        {label}
      </label>
      <div className="relative">
        <input
          id={id}
          type="text"
          role="combobox"
          autoComplete="off"
          spellCheck={false}
          aria-expanded={open}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={open && current ? optionId(id, current) : undefined}
          className="field h-11 w-full truncate pr-20 text-[0.9375rem] font-medium"
          placeholder={placeholder}
          value={text ?? selected?.label ?? ""}
          onChange={(event) => type(event.target.value)}
          onFocus={(event) => event.target.select()}
          onClick={show}
          onKeyDown={onKeyDown}
          onBlur={hide}
        />
        <Buttons label={label} onClear={clearable && selected ? () => onPick(null) : null} />
      </div>
      <Listbox
        {...{ id, label, open, shown, current, value, text, onPoint: point }}
        onPick={(option) => {
          onPick(option.value);
          hide();
        }}
      />
    </div>
  );
}

function optionId(id: string, option: Option): string {
  return `${id}-${encodeURIComponent(option.value)}`;
}

/** What is typed, which options that leaves, and which of them the keys have reached. */
function useChoice(groups: Group[], value: string | null, onPick: ComboboxProps["onPick"]) {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState<string | null>(null);
  const [active, point] = useState<string | null>(null);
  const shown = useMemo(() => matching(groups, text ?? ""), [groups, text]);
  const flat = useMemo(() => shown.flatMap((group) => group.options), [shown]);
  const current = flat.find((option) => option.value === active) ?? (open ? flat[0] : undefined);

  function show(): void {
    setOpen(true);
    point(value);
  }
  function type(typed: string): void {
    setText(typed);
    point(null);
    setOpen(true);
  }
  function hide(): void {
    setOpen(false);
    setText(null);
  }
  function onKeyDown(event: KeyboardEvent): void {
    const moved = step(flat, current, event.key);
    if (moved && (open || event.key.startsWith("Arrow"))) {
      if (open) point(moved.value);
      else show();
    } else if (event.key === "Enter" && open && current) {
      onPick(current.value);
      hide();
    } else if (event.key === "Escape" && open) hide();
    else return;
    event.preventDefault();
  }
  return { open, text, shown, current, show, type, hide, point, onKeyDown };
}

function Buttons({ label, onClear }: { label: string; onClear: (() => void) | null }) {
  return (
    <div className="absolute inset-y-0 right-2 flex items-center gap-1">
      {onClear && (
        <button
          type="button"
          aria-label={`Clear ${label}`}
          className="text-muted hover:text-ink hover:bg-raised rounded-md px-1.5 py-0.5 text-xs"
          onMouseDown={(event) => event.preventDefault()}
          onClick={onClear}
        >
          Clear
        </button>
      )}
      <span aria-hidden="true" className="text-muted pointer-events-none text-xs">
        ▾
      </span>
    </div>
  );
}

interface ListboxProps {
  id: string;
  label: string;
  open: boolean;
  shown: Group[];
  current: Option | undefined;
  value: string | null;
  text: string | null;
  onPoint: (value: string) => void;
  onPick: (option: Option) => void;
}

function Listbox({ id, label, open, shown, current, value, text, onPoint, onPick }: ListboxProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (open) list.current?.querySelector('[data-active="true"]')?.scrollIntoView({ block: "nearest" });
  }, [open, current]);
  return (
    <div
      ref={list}
      id={`${id}-list`}
      role="listbox"
      tabIndex={-1}
      aria-label={label}
      hidden={!open}
      className="panel absolute z-30 mt-1.5 max-h-96 w-full overflow-auto p-1.5 shadow-xl"
      onMouseDown={(event) => event.preventDefault()}
    >
      {shown.map((group) => (
        <div key={group.label} role="group" aria-label={group.label}>
          <div aria-hidden="true" className="label px-2.5 pt-2.5 pb-1">
            {group.label}
          </div>
          {group.options.map((option) => (
            // eslint-disable-next-line jsx-a11y/click-events-have-key-events -- the field handles the keys
            <div
              key={option.value}
              id={optionId(id, option)}
              role="option"
              tabIndex={-1}
              aria-selected={option.value === value}
              data-active={option === current}
              className="data-[active=true]:bg-accent-soft aria-selected:font-semibold flex items-center gap-2 rounded-lg px-2.5 py-2 text-sm"
              onMouseMove={() => onPoint(option.value)}
              onClick={() => onPick(option)}
            >
              <span className="min-w-0 flex-1 truncate">{option.label}</span>
              {option.badge && <Badge tone="good">{option.badge}</Badge>}
              {option.note && <span className="text-muted text-xs tabular-nums">{option.note}</span>}
            </div>
          ))}
        </div>
      ))}
      {!shown.length && (
        <div
          role="option"
          aria-selected="false"
          aria-disabled="true"
          className="text-muted px-2.5 py-3 text-sm"
        >
          Nothing is called “{text}”.
        </div>
      )}
    </div>
  );
}
