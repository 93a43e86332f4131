/** The one live stream: who is connected, what runs, and a call for everything that changes. */
import { reactive, readonly } from "vue";

import type { Hello, JobNews, Live } from "./types";

type Listener = (news: JobNews | null) => void;

interface LiveState {
  connected: boolean;
  /** Whether there was a connection before: then losing it is worth a notice. */
  known: boolean;
  remaining: number;
  runs: Record<string, Live>;
}

const state = reactive<LiveState>({ connected: false, known: false, remaining: 0, runs: {} });
const listeners = new Set<Listener>();

export const live = readonly(state);

/** Calls with each job that changed, and with null when anything may have. */
export function listen(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function openStream(): void {
  const source = new EventSource("/api/console/events");
  source.addEventListener("hello", (event) => greet(parse<Hello>(event)));
  source.addEventListener("job", (event) => hear(parse<JobNews>(event)));
  source.addEventListener("queue", () => tell(null));
  source.addEventListener("progress", (event) => {
    const run = parse<Live>(event);
    state.runs[run.id] = run;
  });
  source.addEventListener("error", () => {
    state.connected = false;
    // A stream that was refused for good is opened anew: the server may be starting.
    if (source.readyState === EventSource.CLOSED) setTimeout(openStream, 2000);
  });
}

function greet(hello: Hello): void {
  state.runs = Object.fromEntries(hello.runs.map((run) => [run.id, run]));
  state.remaining = hello.remaining;
  state.connected = true;
  state.known = true;
  tell(null);
}

function hear(news: JobNews): void {
  state.remaining = news.remaining;
  if (news.status !== "running" && news.status !== "cancelling") delete state.runs[news.id];
  tell(news);
}

function tell(news: JobNews | null): void {
  for (const listener of [...listeners]) listener(news);
}

function parse<T>(event: Event): T {
  return JSON.parse((event as MessageEvent<string>).data) as T;
}
