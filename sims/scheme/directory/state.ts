/** What the directory remembers. */

export interface Dfsp {
  name: string;
  shortName?: string;
  providerUrl?: string;
  secret: string;
  isPaused: boolean;
}

/** Who registered an identifier, first come first; exactly one is preferred. */
export interface Registration {
  dfsp: string;
  preferred: boolean;
}

export type DirectoryEvent =
  | { type: 'dfsp'; dfsp: Omit<Dfsp, 'isPaused'> }
  | { type: 'paused'; name: string; paused: boolean }
  | { type: 'resource'; identifier: string; dfsp: string; preferred: boolean };

export interface DirectoryState {
  dfsps: Map<string, Dfsp>;
  /** By `type:identifier`. */
  resources: Map<string, Registration[]>;
}

export const newDirectory = (): DirectoryState => ({ dfsps: new Map(), resources: new Map() });

/** The one way to change the state, live and when the journal is read again. */
export function applyDirectory(state: DirectoryState, event: DirectoryEvent): void {
  switch (event.type) {
    case 'dfsp': {
      state.dfsps.set(event.dfsp.name, { ...event.dfsp, isPaused: false });
      return;
    }
    case 'paused': {
      const dfsp = state.dfsps.get(event.name);
      if (dfsp !== undefined) dfsp.isPaused = event.paused;
      return;
    }
    case 'resource': {
      const others = (state.resources.get(event.identifier) ?? []).map((one) =>
        event.preferred ? { ...one, preferred: false } : one,
      );
      const own = others.find(({ dfsp }) => dfsp === event.dfsp);
      if (own === undefined) others.push({ dfsp: event.dfsp, preferred: event.preferred });
      else own.preferred = event.preferred;
      state.resources.set(event.identifier, others);
    }
  }
}
