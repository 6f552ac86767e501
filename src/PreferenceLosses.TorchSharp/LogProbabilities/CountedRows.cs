using System.Globalization;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>The rows of [B, T] whose token counts, on the device of the hidden states: of the others nothing is computed.</summary>
/// <param name="Places">Where they are among all of [B·T]; of type int64.</param>
/// <param name="Labels">The token that each predicts; of type int32.</param>
/// <param name="Sequences">The sequence that each is of; of type int64.</param>
internal sealed record CountedRows(Tensor Places, Tensor Labels, Tensor Sequences)
{
    public int Count => checked((int)Places.size(0));

    /// <summary>
    /// The rows, sequence after sequence in the order that is asked for, and where each sequence starts, [sequences + 1]. They are counted on the CPU: on a GPU this waits for the
    /// tokens and the mask, and it is the only thing that does.
    /// </summary>
    /// <exception cref="InvalidBatchException">A token that counts is outside of the vocabulary.</exception>
    public static (CountedRows Rows, int[] Starts) Of(Tensor tokens, Tensor? mask, long vocabulary, IReadOnlyList<int> order)
    {
        using var scope = NewDisposeScope();
        var all = new TokenRows(tokens.cpu(), mask?.cpu());
        var places = new List<long>();
        var labels = new List<int>();
        var sequences = new List<long>();
        var starts = new int[order.Count + 1];
        for (var i = 0; i < order.Count; i++)
        {
            for (var row = order[i] * all.Length; row < (order[i] + 1) * all.Length; row++)
            {
                if (all.Labels[row] == TokenSequences.IgnoredLabel)
                {
                    continue;
                }

                if (all.Labels[row] < 0 || all.Labels[row] >= vocabulary)
                {
                    throw new InvalidBatchException(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"The label of row {row} is {all.Labels[row]}; 0 to {vocabulary - 1} is needed, or {TokenSequences.IgnoredLabel} for a row that does not count."),
                        "labels",
                        row);
                }

                places.Add(row);
                labels.Add(all.Labels[row]);
                sequences.Add(order[i]);
            }

            starts[i + 1] = places.Count;
        }

        Tensor Placed(Tensor values) => values.to(tokens.device).MoveToOuterDisposeScope();
        return (new CountedRows(Placed(tensor(places.ToArray())), Placed(tensor(labels.ToArray())), Placed(tensor(sequences.ToArray()))), starts);
    }

    /// <summary>Values of the rows added up for each sequence, in the precision of the values; [sequences].</summary>
    public Tensor Summed(Tensor values, long sequences, long length)
    {
        using var scope = NewDisposeScope();
        return zeros(sequences * length, values.dtype, values.device).index_copy_(0, Places, values).view(sequences, length).sum(1).MoveToOuterDisposeScope();
    }

    /// <summary>Values of the sequences, one for each row.</summary>
    public Tensor Spread(Tensor values) => values.index_select(0, Sequences);

    /// <summary>Rows [rows, H] in their places among all of [B, T, H], 0 in the others.</summary>
    public static Tensor Scattered(Tensor places, Tensor values, long[] shape)
    {
        using var scope = NewDisposeScope();
        return zeros(shape, values.dtype, values.device).view(-1, values.size(1)).index_copy_(0, places, values).view(shape).MoveToOuterDisposeScope();
    }
}
