(module
  (memory (export "memory") 1)

  ;; XORs memory[at] up to end with the bytes of key, the lowest first (RFC 6455 section 5.3).
  ;; Returns 0 when all that comes out is below 0x80.
  (func (export "mask") (param $at i32) (param $end i32) (param $key i32) (result i32)
    (local $words v128) (local $seen v128) (local $rest i32)
    (if (i32.le_u (i32.add (local.get $at) (i32.const 16)) (local.get $end)) (then
      (loop $wide
        (v128.store (local.get $at)
          (local.tee $words (v128.xor (v128.load (local.get $at)) (i32x4.splat (local.get $key)))))
        (local.set $seen (v128.or (local.get $seen) (local.get $words)))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br_if $wide (i32.le_u (i32.add (local.get $at) (i32.const 16)) (local.get $end))))))
    (block $done
      (loop $narrow
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (i32.store8 (local.get $at) (i32.xor (i32.load8_u (local.get $at)) (local.get $key)))
        (local.set $rest (i32.or (local.get $rest) (i32.load8_u (local.get $at))))
        (local.set $key (i32.rotr (local.get $key) (i32.const 8)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $narrow)))
    (i32.or (i8x16.bitmask (local.get $seen)) (i32.and (local.get $rest) (i32.const 0x80))))

  ;; Writes the UTF-16 of the valid UTF-8 from at to end (RFC 3629 section 3) to target, and returns where it ends.
  ;; Up to 16 bytes behind either may be read or written.
  (func (export "decode") (param $at i32) (param $end i32) (param $target i32) (result i32)
    (local $bytes v128) (local $word i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $bytes (v128.load (local.get $at)))

        ;; Four characters of three bytes each, as Chinese text has them: into four lanes, the last byte lowest.
        (if (i32x4.all_true (i32x4.eq
              (v128.and
                (local.tee $bytes
                  (i8x16.swizzle (local.get $bytes) (v128.const i8x16 2 1 0 16 5 4 3 16 8 7 6 16 11 10 9 16)))
                (v128.const i32x4 0xf0c0c0 0xf0c0c0 0xf0c0c0 0xf0c0c0))
              (v128.const i32x4 0xe08080 0xe08080 0xe08080 0xe08080)))
          (then
            (br_if 0 (i32.gt_u (i32.add (local.get $at) (i32.const 12)) (local.get $end)))
            (local.set $bytes
              (v128.or
                (v128.or
                  (v128.and (i32x4.shr_u (local.get $bytes) (i32.const 4)) (i32x4.splat (i32.const 0xf000)))
                  (v128.and (i32x4.shr_u (local.get $bytes) (i32.const 2)) (i32x4.splat (i32.const 0x0fc0))))
                (v128.and (local.get $bytes) (i32x4.splat (i32.const 0x3f)))))
            (v128.store64_lane 0 (local.get $target) (i16x8.narrow_i32x4_u (local.get $bytes) (local.get $bytes)))
            (local.set $at (i32.add (local.get $at) (i32.const 12)))
            (local.set $target (i32.add (local.get $target) (i32.const 8)))
            (br $next)))

        ;; Eight characters of one byte.
        (if (i32.and
              (i64.eqz (i64.and (i64.load (local.get $at)) (i64.const 0x8080808080808080)))
              (i32.le_u (i32.add (local.get $at) (i32.const 8)) (local.get $end)))
          (then
            (v128.store (local.get $target) (v128.load8x8_u (local.get $at)))
            (local.set $at (i32.add (local.get $at) (i32.const 8)))
            (local.set $target (i32.add (local.get $target) (i32.const 16)))
            (br $next)))

        ;; One character.
        (local.set $word (i32.load (local.get $at)))
        (if (i32.eqz (i32.and (local.get $word) (i32.const 0x80))) (then
          (i32.store16 (local.get $target) (i32.and (local.get $word) (i32.const 0x7f)))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (local.set $target (i32.add (local.get $target) (i32.const 2)))
          (br $next)))
        (if (i32.eqz (i32.and (local.get $word) (i32.const 0x20))) (then
          (i32.store16 (local.get $target)
            (i32.or
              (i32.shl (i32.and (local.get $word) (i32.const 0x1f)) (i32.const 6))
              (i32.and (i32.shr_u (local.get $word) (i32.const 8)) (i32.const 0x3f))))
          (local.set $at (i32.add (local.get $at) (i32.const 2)))
          (local.set $target (i32.add (local.get $target) (i32.const 2)))
          (br $next)))
        (if (i32.eqz (i32.and (local.get $word) (i32.const 0x10))) (then
          (i32.store16 (local.get $target)
            (i32.or
              (i32.or
                (i32.shl (i32.and (local.get $word) (i32.const 0x0f)) (i32.const 12))
                (i32.and (i32.shr_u (local.get $word) (i32.const 2)) (i32.const 0xfc0)))
              (i32.and (i32.shr_u (local.get $word) (i32.const 16)) (i32.const 0x3f))))
          (local.set $at (i32.add (local.get $at) (i32.const 3)))
          (local.set $target (i32.add (local.get $target) (i32.const 2)))
          (br $next)))
        ;; Above U+FFFF: two units, for the code point less 0x10000.
        (local.set $word (i32.sub
          (i32.or
            (i32.or
              (i32.shl (i32.and (local.get $word) (i32.const 0x07)) (i32.const 18))
              (i32.and (i32.shl (local.get $word) (i32.const 4)) (i32.const 0x3f000)))
            (i32.or
              (i32.and (i32.shr_u (local.get $word) (i32.const 10)) (i32.const 0xfc0))
              (i32.shr_u (i32.and (local.get $word) (i32.const 0x3f000000)) (i32.const 24))))
          (i32.const 0x10000)))
        (i32.store16 (local.get $target) (i32.or (i32.const 0xd800) (i32.shr_u (local.get $word) (i32.const 10))))
        (i32.store16 offset=2 (local.get $target)
          (i32.or (i32.const 0xdc00) (i32.and (local.get $word) (i32.const 0x3ff))))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (local.set $target (i32.add (local.get $target) (i32.const 4)))
        (br $next)))
    (local.get $target)))
