/**
 * Embedded: the PostgreSQL that comes in node_modules, for a machine that has nothing but Node. It promises that a
 * data folder has one owner at a time, that a kill -9 loses nothing that was committed and leaves nothing in the way
 * of the next start, that keys are never written over, and that what the operator can mend is told in one line
 * (`StartError`). It runs as an ordinary user and as root, and changes nothing outside its own folders.
 */
export { claimDataDir, type DataDir } from './data-dir';
export { startPostgres, stopLeftPostgres, type EmbeddedPostgres } from './postgres';
export { readRunFile, writeRunFile } from './run-file';
export { loadSecrets } from './secrets';
export { StartError } from './start-error';
