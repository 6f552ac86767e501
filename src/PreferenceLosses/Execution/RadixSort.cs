namespace PreferenceLosses.Execution;

/// <summary>The order of many single-precision keys, by three passes over 11 bits each: linear, where comparing is not, and stable by itself.</summary>
internal static unsafe class RadixSort
{
    private const int DigitBits = 11;
    private const int Digits = 1 << DigitBits;
    private const int Passes = 3;

    /// <summary>The positions of the keys in ascending order; equal keys keep their order, NaN comes last.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="order">Filled with positions.</param>
    /// <param name="scratch">Memory for twice the number of keys.</param>
    public static void Order(ReadOnlySpan<float> keys, Span<int> order, ulong* scratch)
    {
        // Each key with its position below it, so that one number is moved.
        var from = scratch;
        var to = scratch + keys.Length;
        var counts = stackalloc int[Passes * Digits];
        new Span<int>(counts, Passes * Digits).Clear();
        for (var i = 0; i < keys.Length; i++)
        {
            var key = Ascending(keys[i]);
            from[i] = ((ulong)key << 32) | (uint)i;
            for (var pass = 0; pass < Passes; pass++)
            {
                counts[(pass * Digits) + Digit(key, pass)]++;
            }
        }

        for (var pass = 0; pass < Passes; pass++)
        {
            var starts = counts + (pass * Digits);
            var start = 0;
            for (var digit = 0; digit < Digits; digit++)
            {
                (starts[digit], start) = (start, start + starts[digit]);
            }

            for (var i = 0; i < keys.Length; i++)
            {
                to[starts[Digit((uint)(from[i] >> 32), pass)]++] = from[i];
            }

            var sorted = to;
            to = from;
            from = sorted;
        }

        for (var i = 0; i < keys.Length; i++)
        {
            order[i] = (int)(uint)from[i];
        }
    }

    private static int Digit(uint key, int pass) => (int)(key >> (pass * DigitBits)) & (Digits - 1);

    /// <summary>A number that is greater where the key is: negative keys with all bits turned, the others with a sign; 0 has one sign, and NaN is greatest.</summary>
    private static uint Ascending(float key)
    {
        if (float.IsNaN(key))
        {
            return uint.MaxValue;
        }

        var bits = BitConverter.SingleToUInt32Bits(key == 0 ? 0 : key);
        return bits >> 31 == 0 ? bits | 0x80000000 : ~bits;
    }
}
