using System.Numerics;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Execution;

/// <summary>Sorts and scans over a run of values: the rows of a batch, or the valid responses of one row.</summary>
internal static class Sorting
{
    /// <summary>The positions of the keys in ascending order; equal keys keep their order, NaN comes last.</summary>
    /// <param name="keys">The keys; left sorted.</param>
    /// <param name="order">Filled with positions.</param>
    public static void Order<T>(Span<T> keys, Span<int> order)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        MemoryExtensions.Sort(keys, order);

        // The base library puts NaN first and does not keep the order of equal keys.
        var nans = 0;
        while (nans < keys.Length && T.IsNaN(keys[nans]))
        {
            nans++;
        }

        if (nans > 0)
        {
            order[..nans].Sort();
            keys.Reverse();
            keys[..^nans].Reverse();
            order.Reverse();
            order[..^nans].Reverse();
            order[^nans..].Reverse();
        }

        for (var start = 0; start < keys.Length - nans;)
        {
            var end = start + 1;
            while (end < keys.Length - nans && keys[end] == keys[start])
            {
                end++;
            }

            if (end - start > 1)
            {
                order[start..end].Sort();
            }

            start = end;
        }
    }

    /// <summary>Applies a sort or scan.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="values">The operand.</param>
    /// <param name="order">The order of the key, for sorts.</param>
    /// <param name="result">The result; apart from the operand in memory.</param>
    public static void Apply<T>(Operation operation, ReadOnlySpan<T> values, ReadOnlySpan<int> order, Span<T> result)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        switch (operation)
        {
            case Operation.SortBy:
                for (var i = 0; i < values.Length; i++)
                {
                    result[i] = values[order[i]];
                }

                break;
            case Operation.UnsortBy:
                for (var i = 0; i < values.Length; i++)
                {
                    result[order[i]] = values[i];
                }

                break;
            case Operation.CumulativeSum or Operation.ReverseCumulativeSum:
                double sum = 0, error = 0;
                for (var i = 0; i < values.Length; i++)
                {
                    var at = operation == Operation.CumulativeSum ? i : values.Length - 1 - i;
                    CompensatedSum.Add(ref sum, ref error, double.CreateTruncating(values[at]));
                    result[at] = T.CreateTruncating(CompensatedSum.Value(sum, error));
                }

                break;
            case Operation.CumulativeLogSumExp or Operation.ReverseCumulativeLogSumExp:
                var logSum = double.NegativeInfinity;
                for (var i = 0; i < values.Length; i++)
                {
                    var at = operation == Operation.CumulativeLogSumExp ? i : values.Length - 1 - i;
                    logSum = ScalarFunctions.LogAddExp(logSum, double.CreateTruncating(values[at]));
                    result[at] = T.CreateTruncating(logSum);
                }

                break;
            default:
                throw new InvalidOperationException($"{operation} is neither a sort nor a scan.");
        }
    }
}
