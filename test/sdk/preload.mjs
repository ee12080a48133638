// Runs before the scheme adapter does, in its process: it has no setting for the address that it listens on.
import { listenOnLoopback } from '../support/loopback.mjs';

listenOnLoopback();
