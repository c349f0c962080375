import { createHash } from 'node:crypto'

// Lua scripts, which Redis runs atomically. All keys of a topic have its hash tag, so that they are on one node of a cluster:
//   T  hash: epoch, head (a number), check (of the head), age (ms, or `inf`)
//   S  stream: the history; the number of a publication is the first half of its id
//   K  string: a key of a publisher, which Redis forgets by itself
//   M  hash: the members, each with the end of its lease
// Times are those of the Redis server, in ms since 1970.

export interface Script {
  readonly text: string
  readonly digest: string
}

function script(text: string): Script {
  return { text, digest: createHash('sha1').update(text).digest('hex') }
}

const clock = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`

/** Half a day. Topics that nobody has published to have an epoch for each. */
export const halfDayMs: number = 12 * 60 * 60 * 1000

/**
 * The epoch of a topic's life is that of the broker and the half day in which it began; a topic is forgotten a day after its last
 * publication at the earliest. So the beginning of this half day or the one before is that of the same life: nothing was published and
 * forgotten since, and no position comes again.
 */
const lives = `
local halfDay = math.floor(now / ${halfDayMs})
local function lifeOf(broker) return broker .. string.format('-%d', halfDay) end
local function isBeginningOf(life, epoch)
  local broker, began = string.match(life, '^(.*)%-(%d+)$')
  local sameBroker, asked = string.match(epoch, '^(.*)%-(%d+)$')
  return broker ~= nil and broker == sameBroker and math.abs(began - asked) <= 1
end
`

/** Reads the stream up to a number; entries that no script has written, as others may have, are removed. */
const range = `
local function isOurs(entry)
  local fields = entry[2]
  return #fields == 10 and fields[1] == 'c' and fields[3] == 'p' and fields[5] == 'a' and fields[7] == 'u' and fields[9] == 'd'
    and string.find(fields[6], '^%d+$') ~= nil and string.find(entry[1], '^%d+%-0$') ~= nil
end
local function range(stream, from, number, limit)
  while true do
    local entries = redis.call('XRANGE', stream, from, string.format('%d-0', number), 'COUNT', limit)
    local foreign = {}
    for _, entry in ipairs(entries) do
      if not isOurs(entry) then foreign[#foreign + 1] = entry[1] end
    end
    if #foreign == 0 then return entries end
    for _, id in ipairs(foreign) do redis.call('XDEL', stream, id) end
  end
end
`

/** Drops what is older than the age, from the oldest on. */
const expire = `
local function expire(stream, head, age)
  if age == 'inf' then return end
  local oldest = now - tonumber(age)
  while true do
    local first = range(stream, '-', head, 1)[1]
    if not first or tonumber(first[2][6]) > oldest then return end
    local batch = range(stream, '-', head, 100)
    local kept = nil
    for _, entry in ipairs(batch) do
      if tonumber(entry[2][6]) > oldest then kept = entry[1] break end
    end
    if kept then
      redis.call('XTRIM', stream, 'MINID', kept)
      return
    end
    redis.call('XTRIM', stream, 'MINID', string.match(batch[#batch][1], '%d+') .. '-1')
  end
end
`

/**
 * KEYS T S K. ARGV: channel, data, user (JSON, or empty), check, epoch of the broker, count (0: no history), age, the head
 * wanted as `epoch.number.check` in decimal (or empty), fingerprint of the data (empty: no key), window of keys.
 *
 * An entry of somebody else that has a later id is removed: with it nothing could be added any more.
 *
 * Returns `stored`, epoch, number and check (number -1: no history); or `repeated` and what was returned then; or
 * `key_reused`, or `conflict`.
 */
export const publishScript: Script = script(`${clock}${lives}${range}${expire}
local channel, data, user, check, epoch, count, age, wanted, fingerprint, window = unpack(ARGV)
if fingerprint ~= '' then
  local known = redis.call('GET', KEYS[3])
  if known then
    local print, e, n, c = string.match(known, '^(.-)\\n(.-)\\n(.-)\\n(.-)$')
    if print ~= fingerprint then return {'key_reused'} end
    return {'repeated', e, n, c}
  end
end
local number, before, previous = -1, -1, ''
if count ~= '0' then
  local topic = redis.call('HMGET', KEYS[1], 'epoch', 'head', 'check')
  if topic[1] then epoch, before, previous = topic[1], tonumber(topic[2]), topic[3] else
    epoch, before = lifeOf(epoch), 0
    -- What somebody has removed in part begins another life. Nothing is written before XADD, which looks for memory.
    if redis.call('EXISTS', KEYS[2]) == 1 then redis.call('DEL', KEYS[2]) end
    local asked = string.match(wanted, '^(.*)%.0%.$')
    if asked and isBeginningOf(epoch, asked) then wanted = '' end
  end
  if wanted ~= '' and wanted ~= epoch .. '.' .. string.format('%d', before) .. '.' .. previous then return {'conflict'} end
  number = before + 1
  local id = string.format('%d-0', number)
  local function add()
    return redis.pcall('XADD', KEYS[2], 'MAXLEN', count, id, 'c', check, 'p', previous, 'a', string.format('%d', now), 'u', user, 'd', data)
  end
  local added = add()
  if type(added) == 'table' and string.find(added.err, 'smaller') then
    local kept = range(KEYS[2], '-', before, count)
    redis.call('UNLINK', KEYS[2])
    for _, entry in ipairs(kept) do redis.call('XADD', KEYS[2], entry[1], unpack(entry[2])) end
    added = add()
  end
  if type(added) == 'table' then return added end
  redis.call('HSET', KEYS[1], 'epoch', epoch, 'head', string.format('%d', number), 'check', check, 'age', age)
  if age == 'inf' then
    redis.call('PERSIST', KEYS[1])
    redis.call('PERSIST', KEYS[2])
  else
    expire(KEYS[2], number, age)
    redis.call('PEXPIRE', KEYS[2], age)
    redis.call('PEXPIRE', KEYS[1], string.format('%d', tonumber(age) + 86400000))
  end
else
  epoch, check = '', ''
end
local place = string.format('%d', number)
if fingerprint ~= '' then
  redis.call('SET', KEYS[3], fingerprint .. '\\n' .. epoch .. '\\n' .. place .. '\\n' .. check, 'PX', window)
end
redis.call('SPUBLISH', channel, table.concat({'p', epoch, place, check, previous, string.format('%d', now), user, data}, '\\n'))
return {'stored', epoch, place, check}
`)

/**
 * KEYS T S. ARGV: epoch of the broker, the epoch, number and check of `since` (epoch empty: none), last, limit.
 *
 * Returns epoch, head and its check, then `since`, `last` or `lost`, then the entries of the stream.
 */
export const historyScript: Script = script(`${clock}${lives}${range}${expire}
local newEpoch, epoch, number, check, last, limit = unpack(ARGV)
local topic = redis.call('HMGET', KEYS[1], 'epoch', 'head', 'check', 'age')
if not topic[1] then topic = {lifeOf(newEpoch), '0', '', 'inf'} else expire(KEYS[2], tonumber(topic[2]), topic[4]) end
local head = tonumber(topic[2])
if epoch ~= '' then
  local at = tonumber(number)
  if (epoch == topic[1] or (at == 0 and isBeginningOf(topic[1], epoch))) and at <= head then
    local entries = {}
    local known = topic[3]
    if at < head then
      local from = string.format('%d-0', at + 1)
      entries = range(KEYS[2], from, head, limit)
      known = nil
      if entries[1] and entries[1][1] == from then known = entries[1][2][4] end
    end
    if known == check then return {topic[1], topic[2], topic[3], 'since', entries} end
  end
end
local newest = {}
if last ~= '0' and head > 0 then
  local from = string.format('%d-0', math.max(head - tonumber(last) + 1, 1))
  newest = range(KEYS[2], from, head, limit)
end
return {topic[1], topic[2], topic[3], epoch == '' and 'last' or 'lost', newest}
`)

/** The lines that the presence scripts share: KEYS M; ARGV: channel, lease in ms. */
const lease = `
local channel, lease = ARGV[1], tonumber(ARGV[2])
local until_ = now + lease
`

/**
 * ARGV behind those: 1 to tell of a member that is there already, else 0; then client and member as JSON, again and again.
 * A member keeps the time at which it came first.
 */
export const joinScript: Script = script(`${clock}${lease}
for at = 4, #ARGV, 2 do
  local known = redis.call('HGET', KEYS[1], ARGV[at])
  local since = known and string.match(known, '^%d+ (%d+) ') or string.format('%d', time[1] * 1000000 + time[2])
  redis.call('HSET', KEYS[1], ARGV[at], string.format('%d', until_) .. ' ' .. since .. ' ' .. ARGV[at + 1])
  if ARGV[3] == '1' or not known then redis.call('SPUBLISH', channel, 'j\\n' .. ARGV[at + 1]) end
end
redis.call('PEXPIRE', KEYS[1], string.format('%d', lease * 2))
`)

/** ARGV behind those: clients. */
export const leaveScript: Script = script(`${clock}${lease}
for at = 3, #ARGV do
  if redis.call('HDEL', KEYS[1], ARGV[at]) == 1 then redis.call('SPUBLISH', channel, 'l\\n' .. ARGV[at]) end
end
`)

/** A member whose lease has ended leaves, and so does what is none. Returns the others, as they are stored. */
export const membersScript: Script = script(`${clock}${lease}
local members = redis.call('HGETALL', KEYS[1])
local present = {}
for at = 1, #members, 2 do
  if tonumber(string.match(members[at + 1], '^(%d+) %d+ ') or '0') <= now then
    redis.call('HDEL', KEYS[1], members[at])
    redis.call('SPUBLISH', channel, 'l\\n' .. members[at])
  else
    present[#present + 1] = members[at + 1]
  end
end
return present
`)

/** KEYS T S K M. ARGV: a channel. Returns the commands that the user may not send with them. */
export const mayScript: Script = script(`
local topic, stream, key, members = unpack(KEYS)
local lacking = {}
for _, command in ipairs({
  {'HMGET', topic, 'f'}, {'HSET', topic, 'f', 'v'}, {'PERSIST', topic}, {'PEXPIRE', topic, '1'},
  {'EXISTS', stream}, {'DEL', stream}, {'XADD', stream, '*', 'f', 'v'}, {'XRANGE', stream, '-', '+'},
  {'XREVRANGE', stream, '+', '-'}, {'XTRIM', stream, 'MAXLEN', '1'}, {'GET', key}, {'SET', key, 'v'},
  {'HGET', members, 'f'}, {'HDEL', members, 'f'}, {'HGETALL', members},
  {'TIME'}, {'SPUBLISH', ARGV[1], 'm'}, {'SSUBSCRIBE', ARGV[1]}, {'SUNSUBSCRIBE', ARGV[1]}
}) do
  if not redis.acl_check_cmd(unpack(command)) then lacking[#lacking + 1] = command[1] end
end
return lacking
`)

export const scripts: readonly Script[] = [
  publishScript,
  historyScript,
  joinScript,
  leaveScript,
  membersScript,
]
