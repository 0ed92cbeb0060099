/** A name that breaks no page: shortened where it is long, and whole once its button is pressed, by whatever means. */
import { useState } from "react";
import { Link } from "wouter";

import { NAME, short } from "../lib/clip.ts";

interface NameProps {
  text: string;
  /** Where it leads. */
  href?: string;
  /** How many characters are shown at most. */
  most?: number;
  className?: string;
}

export function Name({ text, href, most = NAME, className = "" }: NameProps) {
  const [whole, setWhole] = useState(false);
  const shown = whole ? text : short(text, most);
  const look = `wrap-anywhere ${className}`;
  // Who hears the page hears the whole name.
  const words =
    shown === text ? (
      text
    ) : (
      <>
        <span aria-hidden="true">{shown}</span>
        <span className="sr-only">{text}</span>
      </>
    );
  return (
    <>
      {href === undefined ? (
        <bdi className={look} title={text}>
          {words}
        </bdi>
      ) : (
        <Link href={href} className={look} title={text}>
          <bdi>{words}</bdi>
        </Link>
      )}
      {short(text, most) !== text && (
        <button
          type="button"
          aria-expanded={whole}
          title={whole ? "Shorten the name" : "Show the whole name"}
          className="border-current/30 hover:border-current ml-1.5 inline-grid h-6 min-w-7 place-items-center rounded-md border px-1 align-middle text-xs font-semibold opacity-80"
          onClick={() => setWhole(!whole)}
        >
          <span aria-hidden="true">{whole ? "−" : "⋯"}</span>
          <span className="sr-only">{whole ? "Shorten the name" : "Show the whole name"}</span>
        </button>
      )}
    </>
  );
}
