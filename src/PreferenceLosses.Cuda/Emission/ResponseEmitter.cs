using PreferenceLosses.Expressions;

namespace PreferenceLosses.Cuda.Emission;

/// <summary>Reductions, sorts and scans along the K responses of a row, as straight code over K registers.</summary>
/// <param name="writer">Where to write.</param>
/// <param name="valid">A predicate per response that says whether it is there; null if all of them are.</param>
internal sealed class ResponseEmitter(PtxWriter writer, string[]? valid)
{
    private readonly Arithmetic single = new(writer, isDouble: false);
    private readonly Arithmetic wide = new(writer, isDouble: true);

    /// <summary>The value, or what counts as nothing where there is no response.</summary>
    public string Where(int k, string value, double otherwise) =>
        valid is null ? value : single.Select(valid[k], value, PtxWriter.Single(otherwise));

    /// <summary>The number of valid responses.</summary>
    public string Count(int responses)
    {
        var count = single.Constant(valid is null ? responses : 0);
        foreach (var isValid in valid ?? [])
        {
            count = single.Add(single.Select(isValid, single.One, single.Zero), count);
        }

        return count;
    }

    public string Reduce(Operation operation, string[] values) => operation switch
    {
        Operation.Sum => Fold(values, 0, single.Add),
        Operation.ReduceMin => Fold(values, double.PositiveInfinity, single.Minimum),
        Operation.ReduceMax => Fold(values, double.NegativeInfinity, single.Maximum),

        // In double precision, as over the batch: a product leaves the range of single precision on the way to a number inside it.
        Operation.Product => ToSingle(values.Select((v, k) => ToDouble(Where(k, v, 1))).Aggregate(wide.Multiply)),
        _ => throw new InvalidOperationException($"{operation} over the responses is not an operation of a program."),
    };

    /// <summary>A sort or scan over the valid responses; the others get 0.</summary>
    public string[] SortOrScan(Operation operation, string[] values, string[] keys) => operation switch
    {
        Operation.SortBy => Permute(values, Ranks(keys), Places(keys.Length)),
        Operation.UnsortBy => Permute(values, Places(keys.Length), Ranks(keys)),
        Operation.CumulativeSum => Scan(values, isReverse: false, isLogarithmic: false),
        Operation.ReverseCumulativeSum => Scan(values, isReverse: true, isLogarithmic: false),
        Operation.CumulativeLogSumExp => Scan(values, isReverse: false, isLogarithmic: true),
        Operation.ReverseCumulativeLogSumExp => Scan(values, isReverse: true, isLogarithmic: true),
        _ => throw new InvalidOperationException($"{operation} is neither a sort nor a scan."),
    };

    private string Fold(string[] values, double nothing, Func<string, string, string> combine)
    {
        var result = Where(0, values[0], nothing);
        for (var k = 1; k < values.Length; k++)
        {
            result = combine(result, Where(k, values[k], nothing));
        }

        return result;
    }

    /// <summary>Where each valid response is among the valid ones: 0, 1, ….</summary>
    private string[] Places(int responses)
    {
        var places = new string[responses];
        var place = writer.Op(Register.Int, "mov.b32", "0");
        for (var k = 0; k < responses; k++)
        {
            places[k] = place;
            place = writer.Op(Register.Int, "add.s32", place, valid is null ? "1" : writer.Op(Register.Int, "selp.b32", "1", "0", valid[k]));
        }

        return places;
    }

    /// <summary>For each response the number of valid ones before it in ascending order; equal keys keep their order, NaN comes last.</summary>
    private string[] Ranks(string[] keys)
    {
        var ranks = new string[keys.Length];
        for (var k = 0; k < keys.Length; k++)
        {
            var rank = writer.Op(Register.Int, "mov.b32", "0");
            for (var j = 0; j < keys.Length; j++)
            {
                if (j != k)
                {
                    var isBefore = ComesBefore(keys[j], keys[k], wins: j < k);
                    if (valid is not null)
                    {
                        isBefore = writer.Op(Register.Predicate, "and.pred", isBefore, valid[j]);
                    }

                    rank = writer.Op(Register.Int, "add.s32", rank, writer.Op(Register.Int, "selp.b32", "1", "0", isBefore));
                }
            }

            ranks[k] = rank;
        }

        return ranks;
    }

    /// <summary>Whether a is before b; <paramref name="wins"/> says what of equal ones.</summary>
    private string ComesBefore(string a, string b, bool wins)
    {
        // Before a NaN is every number, and what is NaN itself and comes first.
        var isLess = single.Compare(wins ? "le" : "lt", a, b);
        var bIsNaN = single.Compare("nan", b, b);
        var aMayBe = wins ? bIsNaN : writer.Op(Register.Predicate, "and.pred", bIsNaN, single.Compare("num", a, a));
        return writer.Op(Register.Predicate, "or.pred", isLess, aMayBe);
    }

    /// <summary>Each valid response gets the value of the one whose source number is its target number.</summary>
    private string[] Permute(string[] values, string[] sources, string[] targets)
    {
        var results = new string[values.Length];
        for (var k = 0; k < values.Length; k++)
        {
            var result = single.Zero;
            for (var j = 0; j < values.Length; j++)
            {
                var isSource = writer.Op(Register.Predicate, "setp.eq.s32", sources[j], targets[k]);
                if (valid is not null)
                {
                    isSource = writer.Op(Register.Predicate, "and.pred", isSource, valid[j]);
                }

                result = single.Select(isSource, values[j], result);
            }

            results[k] = Where(k, result, 0);
        }

        return results;
    }

    private string[] Scan(string[] values, bool isReverse, bool isLogarithmic)
    {
        var results = new string[values.Length];
        var total = wide.Constant(isLogarithmic ? double.NegativeInfinity : 0);
        for (var i = 0; i < values.Length; i++)
        {
            var k = isReverse ? values.Length - 1 - i : i;
            var value = ToDouble(values[k]);
            var next = isLogarithmic ? LogAddExp(total, value) : wide.Add(total, value);
            total = valid is null ? next : wide.Select(valid[k], next, total);
            results[k] = Where(k, ToSingle(total), 0);
        }

        return results;
    }

    /// <summary>ln(e^a + e^b) = max + ln(1 + e^(−|a−b|)); equal operands apart, because ∞ − ∞ is NaN.</summary>
    private string LogAddExp(string a, string b)
    {
        var rest = wide.Evaluate(Operation.Log1pOfUnit, wide.Exp(wide.Negate(wide.Abs(wide.Subtract(a, b)))), "", "");
        var sum = wide.Add(wide.Maximum(a, b), rest);
        return wide.Select(wide.Equal(a, b), wide.Add(a, wide.Constant(Math.Log(2))), sum);
    }

    private string ToDouble(string value) => writer.Op(Register.Double, "cvt.f64.f32", single.Held(value));

    private string ToSingle(string value) => writer.Op(Register.Single, "cvt.rn.f32.f64", value);
}
