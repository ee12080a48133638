/**
 * The dialogue engine: any tree of menus/ over any aggregator's hops, exactly once a hop, within the hop's deadline and
 * the network's screen. It promises that no PIN is kept, that a repeated hop has one effect and one answer, and that
 * a dropped call decides nothing about money. It knows no money, no people and no provider.
 */
export { createHopHasher } from './cumulative';
export { lastAnswer } from './ending';
export { foldLatin, measure, romanise } from './gsm7';
export { createMemorySessions } from './memory-sessions';
export type { ScreenBudget, UssdHandler, UssdReply } from './port';
export { createReaders, type ReaderName } from './readers';
export { createRenderer, localesFolder, type Renderer } from './render';
export { createRunner } from './runner';
export { Refusal, type Screen } from './screen';
export type { SessionStore } from './sessions';
export { atLevel, levelsOf } from './squeeze';
export { flowOf, type Flow } from './step';
export { isLanguage, languages, type Language, type SmsKey, type TextKey, type Values } from './texts';
