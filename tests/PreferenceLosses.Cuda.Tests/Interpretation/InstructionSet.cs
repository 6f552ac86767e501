namespace PreferenceLosses.Cuda.Tests.Interpretation;

/// <summary>
/// The instructions that only compute: what IEEE 754 defines bit for bit, and the approximate ones as the correctly rounded result,
/// moved by as many units in the last place as <see cref="Perturbation"/> says.
/// </summary>
internal sealed class InstructionSet(Func<string, string, int> slot)
{
    /// <summary>Moves the result of an approximate instruction; from the correctly rounded result to what a device might give.</summary>
    [field: ThreadStatic]
    public static Func<float, float>? Perturbation { get; set; }

    private delegate ulong Unary(ulong a);

    private delegate ulong Binary(ulong a, ulong b);

    private delegate ulong Ternary(ulong a, ulong b, ulong c);

    public Action<ulong[]> Find(string[] parts, string[] operands)
    {
        var type = parts[^1];
        switch (parts[0])
        {
            case "setp":
                return Compare(parts, operands);
            case "selp":
            {
                var (d, a, b, p) = (slot(operands[0], type), slot(operands[1], type), slot(operands[2], type), slot(operands[3], "pred"));
                return r => r[d] = r[p] != 0 ? r[a] : r[b];
            }

            case "cvt":
                return Convert(parts, operands);
            case "mul" when parts[1] == "wide":
            {
                var wide = type[0] + "64";
                var (d, a, b) = (slot(operands[0], wide), slot(operands[1], type), slot(operands[2], type));
                return type == "u32" ? r => r[d] = (ulong)(uint)r[a] * (uint)r[b]
                    : type == "s32" ? r => r[d] = (ulong)((long)(int)r[a] * (int)r[b])
                    : throw Unknown(parts);
            }

            case "mad" when parts[1] == "wide":
            {
                var wide = type[0] + "64";
                var (d, a, b, c) = (slot(operands[0], wide), slot(operands[1], type), slot(operands[2], type), slot(operands[3], wide));
                return type == "u32" ? r => r[d] = ((ulong)(uint)r[a] * (uint)r[b]) + r[c]
                    : type == "s32" ? r => r[d] = (ulong)((long)(int)r[a] * (int)r[b]) + r[c]
                    : throw Unknown(parts);
            }

            case "shl" or "shr":
            {
                var (d, a, b) = (slot(operands[0], type), slot(operands[1], type), slot(operands[2], "u32"));
                var shift = Shift(parts[0], type);
                return r => r[d] = shift(r[a], r[b]);
            }
        }

        if (operands.Length == 2)
        {
            var (d, a) = (slot(operands[0], type), slot(operands[1], type));
            var unary = UnaryOf(parts, type);
            return r => r[d] = unary(r[a]);
        }

        if (operands.Length == 3)
        {
            var (d, a, b) = (slot(operands[0], type), slot(operands[1], type), slot(operands[2], type));
            var binary = BinaryOf(parts, type);
            return r => r[d] = binary(r[a], r[b]);
        }

        if (operands.Length == 4)
        {
            var (d, a, b, c) = (slot(operands[0], type), slot(operands[1], type), slot(operands[2], type), slot(operands[3], type));
            var ternary = TernaryOf(parts, type);
            return r => r[d] = ternary(r[a], r[b], r[c]);
        }

        throw Unknown(parts);
    }

    private static Unary UnaryOf(string[] parts, string type) => (string.Join('.', parts[..^1]), type) switch
    {
        ("mov", "pred" or "b16" or "u16" or "s16" or "b32" or "u32" or "s32" or "f32" or "b64" or "u64" or "s64" or "f64") => a => a,
        ("neg", "f32") => a => U(-F(a)),
        ("neg", "f64") => a => U(-D(a)),
        ("neg", "s32") => a => (uint)-(int)a,
        ("neg", "s64") => a => (ulong)-(long)a,
        ("abs", "f32") => a => U(Math.Abs(F(a))),
        ("abs", "f64") => a => U(Math.Abs(D(a))),
        ("sqrt.rn", "f32") => a => U(MathF.Sqrt(F(a))),
        ("sqrt.rn", "f64") => a => U(Math.Sqrt(D(a))),
        ("rcp.rn", "f32") => a => U(1 / F(a)),
        ("rcp.rn", "f64") => a => U(1 / D(a)),
        ("ex2.approx.ftz", "f32") => a => U(Approximate(Math.Pow(2, Flushed(F(a))))),
        ("lg2.approx.ftz", "f32") => a => U(Approximate(Math.Log2(Flushed(F(a))))),
        ("not", "pred") => a => a == 0 ? 1UL : 0,
        ("not", "b32") => a => (uint)~a,
        ("not", "b64") => a => ~a,
        ("popc", "b32") => a => (ulong)System.Numerics.BitOperations.PopCount((uint)a),
        _ => throw Unknown(parts),
    };

    private static Binary BinaryOf(string[] parts, string type) => (string.Join('.', parts[..^1]), type) switch
    {
        // Without a rounding mode the assembler may merge a product and a sum; with one it may not.
        ("add.rn" or "add", "f32") => (a, b) => U(F(a) + F(b)),
        ("sub.rn" or "sub", "f32") => (a, b) => U(F(a) - F(b)),
        ("mul.rn" or "mul", "f32") => (a, b) => U(F(a) * F(b)),
        ("div.rn", "f32") => (a, b) => U(F(a) / F(b)),
        ("add.rn" or "add", "f64") => (a, b) => U(D(a) + D(b)),
        ("sub.rn" or "sub", "f64") => (a, b) => U(D(a) - D(b)),
        ("mul.rn" or "mul", "f64") => (a, b) => U(D(a) * D(b)),
        ("div.rn", "f64") => (a, b) => U(D(a) / D(b)),
        ("min.NaN", "f32") => (a, b) => U(MathF.Min(F(a), F(b))),
        ("max.NaN", "f32") => (a, b) => U(MathF.Max(F(a), F(b))),

        // The operand that is a number, if only one is.
        ("min", "f32") => (a, b) => U(float.MinNumber(F(a), F(b))),
        ("max", "f32") => (a, b) => U(float.MaxNumber(F(a), F(b))),
        ("min", "f64") => (a, b) => U(double.MinNumber(D(a), D(b))),
        ("max", "f64") => (a, b) => U(double.MaxNumber(D(a), D(b))),
        ("add", "s32" or "u32") => (a, b) => (uint)a + (ulong)(uint)b & 0xFFFF_FFFF,
        ("sub", "s32" or "u32") => (a, b) => (uint)((uint)a - (uint)b),
        ("mul.lo", "s32" or "u32") => (a, b) => (uint)((uint)a * (uint)b),
        ("add", "s64" or "u64") => (a, b) => a + b,
        ("sub", "s64" or "u64") => (a, b) => a - b,
        ("mul.lo", "s64" or "u64") => (a, b) => a * b,
        ("min", "s32") => (a, b) => (uint)Math.Min((int)a, (int)b),
        ("max", "s32") => (a, b) => (uint)Math.Max((int)a, (int)b),
        ("min", "u32") => (a, b) => Math.Min((uint)a, (uint)b),
        ("max", "u32") => (a, b) => Math.Max((uint)a, (uint)b),
        ("min", "s64") => (a, b) => (ulong)Math.Min((long)a, (long)b),
        ("max", "s64") => (a, b) => (ulong)Math.Max((long)a, (long)b),
        ("min", "u64") => (a, b) => Math.Min(a, b),
        ("max", "u64") => (a, b) => Math.Max(a, b),
        ("div", "u32") => (a, b) => (uint)a / (uint)b,
        ("rem", "u32") => (a, b) => (uint)a % (uint)b,
        ("and", "pred" or "b16" or "b32" or "b64") => (a, b) => a & b,
        ("or", "pred" or "b16" or "b32" or "b64") => (a, b) => a | b,
        ("xor", "pred") => (a, b) => a != b ? 1UL : 0,
        ("xor", "b16" or "b32" or "b64") => (a, b) => a ^ b,
        _ => throw Unknown(parts),
    };

    private static Ternary TernaryOf(string[] parts, string type) => (string.Join('.', parts[..^1]), type) switch
    {
        ("fma.rn", "f32") => (a, b, c) => U(MathF.FusedMultiplyAdd(F(a), F(b), F(c))),
        ("fma.rn", "f64") => (a, b, c) => U(Math.FusedMultiplyAdd(D(a), D(b), D(c))),
        ("mad.lo", "s32" or "u32") => (a, b, c) => (uint)(((uint)a * (uint)b) + (uint)c),
        ("mad.lo", "s64" or "u64") => (a, b, c) => (a * b) + c,
        ("prmt", "b32") => Permute,

        // So many bits (c) from a position (b) on, with the sign of the last one.
        ("bfe", "s32") => (a, b, c) => b + c is > 0 and <= 32 && c > 0
            ? (uint)((int)((uint)a << (int)(32 - b - c)) >> (int)(32 - c))
            : throw new PtxException($"bits {b} to {b + c} of 32."),
        _ => throw Unknown(parts),
    };

    /// <summary>Each digit of the selector picks one of the eight bytes of b:a.</summary>
    private static ulong Permute(ulong a, ulong b, ulong selector)
    {
        var bytes = (uint)a | ((ulong)(uint)b << 32);
        ulong result = 0;
        for (var i = 0; i < 4; i++)
        {
            var digit = (int)(selector >> (4 * i)) & 0xF;
            if (digit > 7)
            {
                throw new PtxException("prmt that copies signs is not known.");
            }

            result |= ((bytes >> (8 * digit)) & 0xFF) << (8 * i);
        }

        return result;
    }

    /// <summary>Distances beyond the width give 0, or the sign: not the distance modulo the width, as in C#.</summary>
    private static Binary Shift(string operation, string type)
    {
        var bits = 8 * PtxModule.SizeOf(type);
        return (operation, type) switch
        {
            ("shl", "b16" or "b32" or "b64") => (a, b) => (uint)b >= bits ? 0 : (a << (int)b) & Mask(bits),
            ("shr", "u16" or "u32" or "u64" or "b16" or "b32" or "b64") => (a, b) => (uint)b >= bits ? 0 : (a & Mask(bits)) >> (int)b,
            ("shr", "s32") => (a, b) => (uint)((int)a >> (int)Math.Min((uint)b, 31)),
            ("shr", "s64") => (a, b) => (ulong)((long)a >> (int)Math.Min((uint)b, 63)),
            _ => throw new PtxException($"{operation}.{type} is not known."),
        };
    }

    private static ulong Mask(int bits) => bits == 64 ? ulong.MaxValue : (1UL << bits) - 1;

    private Action<ulong[]> Compare(string[] parts, string[] operands)
    {
        var (comparison, type) = (parts[1], parts[^1]);
        if (parts.Length != 3)
        {
            throw Unknown(parts);
        }

        var (d, a, b) = (slot(operands[0], "pred"), slot(operands[1], type), slot(operands[2], type));
        Func<ulong, ulong, bool> test = type switch
        {
            "f32" => FloatTest(comparison, (x, y) => (F(x), F(y))),
            "f64" => FloatTest(comparison, (x, y) => (D(x), D(y))),
            "s32" => IntegerTest(comparison, (x, y) => ((int)x).CompareTo((int)y)),
            "s64" => IntegerTest(comparison, (x, y) => ((long)x).CompareTo((long)y)),
            "u32" or "b32" => IntegerTest(comparison, (x, y) => ((uint)x).CompareTo((uint)y)),
            "u64" or "b64" => IntegerTest(comparison, (x, y) => x.CompareTo(y)),
            "u16" or "b16" => IntegerTest(comparison, (x, y) => ((ushort)x).CompareTo((ushort)y)),
            "s16" => IntegerTest(comparison, (x, y) => ((short)x).CompareTo((short)y)),
            _ => throw Unknown(parts),
        };
        return r => r[d] = test(r[a], r[b]) ? 1UL : 0;
    }

    private static Func<ulong, ulong, bool> FloatTest(string comparison, Func<ulong, ulong, (double X, double Y)> read)
    {
        Func<double, double, bool> test = comparison switch
        {
            "lt" => (x, y) => x < y,
            "le" => (x, y) => x <= y,
            "gt" => (x, y) => x > y,
            "ge" => (x, y) => x >= y,
            "eq" => (x, y) => x == y,
            "ne" => (x, y) => x < y || x > y,
            "ltu" => (x, y) => !(x >= y),
            "leu" => (x, y) => !(x > y),
            "gtu" => (x, y) => !(x <= y),
            "geu" => (x, y) => !(x < y),
            "equ" => (x, y) => !(x < y || x > y),
            "neu" => (x, y) => x != y,
            "num" => (x, y) => !double.IsNaN(x) && !double.IsNaN(y),
            "nan" => (x, y) => double.IsNaN(x) || double.IsNaN(y),
            _ => throw new PtxException($"The comparison {comparison} is not known."),
        };
        return (a, b) =>
        {
            var (x, y) = read(a, b);
            return test(x, y);
        };
    }

    private static Func<ulong, ulong, bool> IntegerTest(string comparison, Func<ulong, ulong, int> compare) => comparison switch
    {
        "lt" or "lo" => (x, y) => compare(x, y) < 0,
        "le" or "ls" => (x, y) => compare(x, y) <= 0,
        "gt" or "hi" => (x, y) => compare(x, y) > 0,
        "ge" or "hs" => (x, y) => compare(x, y) >= 0,
        "eq" => (x, y) => compare(x, y) == 0,
        "ne" => (x, y) => compare(x, y) != 0,
        _ => throw new PtxException($"The comparison {comparison} is not known."),
    };

    private Action<ulong[]> Convert(string[] parts, string[] operands)
    {
        if (parts is ["cvt", "rn", "bf16x2", "f32"] or ["cvt", "rn", "f16x2", "f32"])
        {
            // The first operand becomes the upper half.
            var (p, high, low) = (slot(operands[0], "b32"), slot(operands[1], "f32"), slot(operands[2], "f32"));
            Func<float, ushort> round = parts[2] == "bf16x2" ? BFloat16Bits : x => BitConverter.HalfToUInt16Bits((Half)x);
            return r => r[p] = ((ulong)round(F(r[high])) << 16) | round(F(r[low]));
        }

        var (to, from) = (parts[^2], parts[^1]);
        var (d, a) = (slot(operands[0], to == "f16" ? "b16" : to), slot(operands[1], from == "f16" ? "b16" : from));
        Unary convert = (string.Join('.', parts[1..^2]), to, from) switch
        {
            ("", "f64", "f32") => x => U((double)F(x)),
            ("rn", "f32", "f64") => x => U((float)D(x)),
            ("rni", "f64", "f64") => x => U(Math.Round(D(x), MidpointRounding.ToEven)),
            ("rni", "f32", "f32") => x => U(MathF.Round(F(x), MidpointRounding.ToEven)),
            ("rzi", "s32", "f32") => x => (uint)Truncated(F(x)),
            ("rzi", "u32", "f32") => x => float.IsNaN(F(x)) ? 0 : (uint)Math.Clamp(Math.Truncate((double)F(x)), 0, uint.MaxValue),
            ("rzi", "s32", "f64") => x => (uint)Truncated(D(x)),
            ("rn", "f32", "s32") => x => U((float)(int)x),
            ("rn", "f32", "u32") => x => U((float)(uint)x),
            ("rn", "f64", "u32") => x => U((double)(uint)x),
            ("rn", "f64", "s32") => x => U((double)(int)x),
            ("rn", "f64", "s64") => x => U((double)(long)x),
            ("", "f32", "f16") => x => U((float)BitConverter.UInt16BitsToHalf((ushort)x)),
            ("rn", "f16", "f32") => x => BitConverter.HalfToUInt16Bits((Half)F(x)),
            ("", "s64", "s32") => x => (ulong)(int)x,
            ("", "u64", "u32") => x => (uint)x,
            ("", "u32" or "s32", "u64" or "s64") => x => (uint)x,
            ("", "u32" or "s32", "u16") => x => (ushort)x,
            ("", "s32", "s16") => x => (uint)(short)x,
            ("", "u16", "u32") => x => (ushort)x,
            ("", "u64", "s32") => x => (ulong)(int)x,
            _ => throw Unknown(parts),
        };
        return r => r[d] = convert(r[a]);
    }

    private static ushort BFloat16Bits(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)0x7FFF : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>Towards 0, held to the range; 0 for NaN.</summary>
    private static int Truncated(double value) =>
        double.IsNaN(value) ? 0 : value >= int.MaxValue ? int.MaxValue : value <= int.MinValue ? int.MinValue : (int)value;

    private static float Flushed(float x) => Math.Abs(x) < 1.17549435e-38f ? 0 * x : x;

    private static float Approximate(double exact)
    {
        var rounded = (float)exact;
        return Flushed(Perturbation is { } move && float.IsFinite(rounded) && rounded != 0 ? move(rounded) : rounded);
    }

    private static float F(ulong x) => BitConverter.UInt32BitsToSingle((uint)x);

    private static double D(ulong x) => BitConverter.UInt64BitsToDouble(x);

    private static ulong U(float x) => BitConverter.SingleToUInt32Bits(x);

    private static ulong U(double x) => BitConverter.DoubleToUInt64Bits(x);

    private static PtxException Unknown(string[] parts) => new($"the instruction {string.Join('.', parts)} is not known.");
}
