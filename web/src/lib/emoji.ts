/** The emojis that the picker offers, by hand: each with the words it is found by, the first of them its name. */
export interface Emoji {
  emoji: string;
  words: string;
}

export interface EmojiGroup {
  name: string;
  emojis: readonly Emoji[];
}

/** One emoji a line, then its words: its name, a comma, and what else it is looked for by. */
const group = (name: string, lines: string): EmojiGroup => ({
  name,
  emojis: lines.trim().split("\n").map((line) => {
    const [, emoji = "", words = ""] = /^\s*(\S+) (.+)$/.exec(line) ?? [];
    return { emoji, words };
  }),
});

export const EMOJIS: readonly EmojiGroup[] = [
  group("Often used", `
    👍 thumbs up, yes agree like good ok
    ❤️ heart, love red thanks
    😂 tears of joy, laugh funny lol
    🎉 party popper, celebrate congratulations hooray tada
    👀 eyes, look looking see watching
    ✅ check mark, done yes ready finished
    🙏 folded hands, thanks please thank you
    🚀 rocket, launch ship release fast
  `),
  group("Faces", `
    😀 grin, happy smile
    😄 big smile, happy laugh
    😅 sweat smile, phew relief nervous
    🤣 rolling on the floor, laugh funny rofl
    😊 blush, happy smile warm
    😇 halo, angel innocent
    🙂 slight smile, fine
    🙃 upside down, irony silly
    😉 wink, joke
    😍 heart eyes, love
    🥰 hearts around, love adore
    😘 kiss, love
    😋 yum, tasty delicious
    😜 tongue wink, silly joke
    🤪 zany, crazy silly
    🤓 nerd, glasses clever
    😎 sunglasses, cool
    🤩 star struck, wow amazing
    🥳 party face, celebrate birthday
    😏 smirk, sly
    😌 relieved, calm content
    🤔 thinking, hmm question wonder
    🤨 raised eyebrow, doubt really
    😐 neutral, meh
    😬 grimace, awkward oops
    🙄 rolling eyes, annoyed
    😮 open mouth, surprised wow
    🤯 mind blown, wow exploding head
    😱 scream, shock fear
    😳 flushed, embarrassed
    🥺 pleading, please
    😢 cry, sad tear
    😭 sob, crying sad
    😞 disappointed, sad
    😕 confused, unsure
    😴 asleep, tired sleep
    🥱 yawn, tired bored
    😤 huff, steam proud
    😠 angry, mad
    🤬 swearing, angry curse
    🤒 thermometer, ill sick
    🤗 hug, welcome
    🫡 salute, yes understood
    🫠 melting, hot embarrassed
    🤖 robot, bot machine agent
    👻 ghost, boo
    💀 skull, dead
  `),
  group("Hands and people", `
    👎 thumbs down, no disagree bad
    👌 ok hand, perfect fine
    👏 clap, applause bravo well done
    🙌 raised hands, hooray praise
    👋 wave, hello hi bye
    ✌️ victory, peace
    🤞 fingers crossed, luck hope
    🤝 handshake, deal agreed
    💪 strong arm, muscle power
    👉 pointing right, this
    👆 pointing up, above
    👇 pointing down, below
    ☝️ one finger, first wait
    ✋ raised hand, stop me
    👊 fist, bump punch
    🫶 heart hands, love thanks
    ✍️ writing hand, note
    🤷 shrug, unsure whatever
    🤦 facepalm, oh no
    🙋 person raising hand, me question
    🏃 runner, running hurry
    🧠 brain, smart idea
  `),
  group("Hearts and signs", `
    🧡 orange heart, love
    💛 yellow heart, love
    💚 green heart, love
    💙 blue heart, love
    💜 purple heart, love
    🖤 black heart, love
    💔 broken heart, sad
    💯 hundred, perfect full points
    ✨ sparkles, new shiny magic
    ⭐ star, favourite
    🔥 fire, hot great
    ⚡ lightning, fast power
    💥 boom, explosion crash
    ❌ cross, no wrong failed
    ❓ question mark, why what
    ❗ exclamation mark, important
    ⚠️ warning, careful attention
    ⛔ no entry, blocked stop
    ➕ plus, add one
    ➖ minus, less
    🔴 red circle, stop
    🟡 yellow circle, wait
    🟢 green circle, go ready
    🆗 ok sign, fine
    💤 zzz, sleep
  `),
  group("Work and things", `
    💡 light bulb, idea
    📌 pin, keep
    📎 paper clip, attachment
    📝 memo, note write
    📅 calendar, date day
    📈 chart up, growth better
    📉 chart down, worse
    💬 speech bubble, comment talk
    📣 megaphone, announcement
    🔔 bell, reminder
    🔍 magnifier, search look
    🔒 lock, safe private
    🔑 key, access
    🔧 wrench, fix repair tool
    🛠️ tools, build fix
    🐛 bug, error insect
    💻 laptop, computer code
    📦 package, box release
    🗑️ bin, trash delete
    ⏰ alarm clock, time late
    ⏳ hourglass, wait time
    🚧 roadworks, in progress building
    🏁 finish flag, done end
    🏆 trophy, winner win
    🎯 target, goal exactly
    🎁 gift, present
    🎂 birthday cake, party
    🎵 note, music song
    💰 money bag, cost
  `),
  group("Nature and food", `
    ☀️ sun, sunny weather
    🌧️ rain, weather cloud
    ❄️ snowflake, cold winter
    🌈 rainbow, colours
    🌱 seedling, plant grow
    🌸 blossom, flower spring
    🌍 earth, world globe
    🐱 cat, pet
    🐶 dog, pet
    🦄 unicorn, special
    🐢 turtle, slow
    🦆 duck, rubber
    ☕ coffee, tea break
    🍵 tea, cup
    🍕 pizza, food
    🍎 apple, fruit
    🍪 cookie, biscuit sweet
    🍿 popcorn, film watching
    🍺 beer, drink cheers
    🥂 glasses, cheers toast
  `),
];

export const nameOf = ({ words }: Emoji): string => words.split(",", 1)[0]!;

const wordsOf = (text: string): string[] => text.toLowerCase().split(/[\s,]+/).filter(Boolean);

/** The emojis that have all these words, or words that begin so; whole words come before beginnings, and names before others. */
export function findEmojis(typed: string): Emoji[] {
  const wanted = wordsOf(typed);
  const isWhole = (text: string) => wanted.every((word) => wordsOf(text).includes(word));
  const begins = (text: string) => wanted.every((word) => wordsOf(text).some((one) => one.startsWith(word)));
  const rank = (one: Emoji) => [isWhole(nameOf(one)), isWhole(one.words), begins(nameOf(one)), begins(one.words)].indexOf(true);
  const ranked = EMOJIS.flatMap(({ emojis }) => emojis).map((one) => ({ one, at: rank(one) })).filter(({ at }) => at >= 0);
  return ranked.sort((a, b) => a.at - b.at).map(({ one }) => one);
}

/** Where a key leads in a grid whose groups have these lengths, each in rows of its own: the place among all, -1 above
 * the first row, or the same place. */
export function gridStep(lengths: readonly number[], columns: number, at: number, key: string): number {
  const total = lengths.reduce((sum, n) => sum + n, 0);
  if (key === "Home") return 0;
  if (key === "End") return total - 1;
  if (key === "ArrowLeft") return Math.max(0, at - 1);
  if (key === "ArrowRight") return Math.min(total - 1, at + 1);
  const rows = rowsOf(lengths, columns);
  const row = rows.findIndex(({ first, length }) => at < first + length);
  const next = rows[row + (key === "ArrowUp" ? -1 : 1)];
  if (!next) return key === "ArrowUp" ? -1 : at;
  return next.first + Math.min(at - rows[row]!.first, next.length - 1);
}

function rowsOf(lengths: readonly number[], columns: number): { first: number; length: number }[] {
  const rows: { first: number; length: number }[] = [];
  let first = 0;
  for (const length of lengths) {
    for (let at = 0; at < length; at += columns) rows.push({ first: first + at, length: Math.min(columns, length - at) });
    first += length;
  }
  return rows;
}
