using System.Globalization;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>A linear head over the rows that count, the logits of one chunk of them at a time.</summary>
internal sealed class ChunkedPass
{
    /// <summary>What a largest weight of 0 counts as, so that nothing is divided by 0: the smallest normal number of single precision.</summary>
    private const float SmallestWeight = 1.17549435e-38f;

    private readonly Tensor hidden;
    private readonly Tensor head;
    private readonly CountedRows rows;
    private readonly int chunk;
    private readonly RowSoftmax softmax;

    /// <param name="hidden">The hidden states, [B, T, H], without a gradient.</param>
    /// <param name="head">The weight of the head, [V, H], without a gradient.</param>
    /// <param name="rows">The rows that count.</param>
    /// <param name="chunk">The most rows whose logits are there at a time.</param>
    /// <param name="byHidden">Whether the derivatives by the hidden states are wanted.</param>
    public ChunkedPass(Tensor hidden, Tensor head, CountedRows rows, int chunk, bool byHidden)
    {
        this.hidden = hidden.reshape(-1, hidden.size(2));
        this.head = head;
        this.rows = rows;
        this.chunk = chunk;
        softmax = RowSoftmax.For(hidden);
        LogProbabilities = zeros(rows.Count, ScalarType.Float64, hidden.device);
        Derivatives = byHidden ? zeros(rows.Count, hidden.size(2), hidden.dtype, hidden.device) : null;
    }

    /// <summary>log p of each row's label, in nats; [rows], 0 for a row whose chunk has not been seen.</summary>
    public Tensor LogProbabilities { get; }

    /// <summary>The derivative of each row's log-probability by its hidden state, [rows, H]; null if it is not wanted.</summary>
    public Tensor? Derivatives { get; }

    /// <summary>Rows in chunks.</summary>
    public IEnumerable<(int Start, int Count)> Chunks(int start, int end)
    {
        for (; start < end; start += chunk)
        {
            yield return (start, Math.Min(chunk, end - start));
        }
    }

    /// <summary>The hidden states of a chunk.</summary>
    public Tensor States(int start, int count) => hidden.index_select(0, rows.Places.narrow(0, start, count));

    /// <summary>The logits of a chunk, whose log-probabilities are then there.</summary>
    public Tensor Logits(Tensor states, int start, int count)
    {
        var logits = states.mm(head.t());
        try
        {
            LogProbabilities.narrow(0, start, count).copy_(softmax.Forward(logits, Labels(start, count)));
        }
        catch (InvalidBatchException refused) when (refused.Row is { } row)
        {
            var place = (int)rows.Places[start + row].item<long>();
            throw new InvalidBatchException(
                string.Create(CultureInfo.InvariantCulture, $"Row {place} of the hidden states, which is row {row} of its chunk, has no log-probability. {refused.Message}"), "hidden", place);
        }

        return logits;
    }

    /// <summary>Puts onehot − softmax in the place of the logits of the chunk that was seen last; its product with the head becomes the derivative by the hidden states.</summary>
    public void Differentiate(Tensor logits, int start, int count)
    {
        softmax.Differentiate(logits, Labels(start, count));
        Derivatives?.narrow(0, start, count).copy_(logits.mm(head));
    }

    /// <summary>Adds derivativesᵀ · states to a gradient of the head, which is in single precision, whatever the head has: it is added to once per chunk.</summary>
    public static void Add(Tensor total, Tensor derivatives, Tensor states)
    {
        if (derivatives.dtype == ScalarType.Float32)
        {
            total.addmm_(derivatives.t(), states);
        }
        else
        {
            total.add_(derivatives.t().mm(states).to_type(ScalarType.Float32));
        }
    }

    /// <summary>Adds derivativesᵀ · (weights · states), with a weight for each row.</summary>
    /// <remarks>
    /// In half precision states are multiplied by the share that their weight is of the largest one, and the product by the largest in single precision: weights of 1e-4 and less, which are those of
    /// a mean over pairs, would otherwise make numbers that float16 has few digits of, or none.
    /// </remarks>
    public static void Add(Tensor total, Tensor derivatives, Tensor states, Tensor weights)
    {
        if (derivatives.dtype == ScalarType.Float32)
        {
            total.addmm_(derivatives.t(), Scaled(states, weights));
            return;
        }

        var largest = weights.abs().amax([0]).clamp_min(SmallestWeight);
        total.add_(derivatives.t().mm(Scaled(states, weights / largest)).to_type(ScalarType.Float32).mul_(largest));
    }

    /// <summary>Rows multiplied by a weight each, rounded once.</summary>
    public static Tensor Scaled(Tensor values, Tensor weights)
    {
        using var scope = NewDisposeScope();
        return (values.to_type(ScalarType.Float32) * weights.to_type(ScalarType.Float32).unsqueeze(1)).to_type(values.dtype).MoveToOuterDisposeScope();
    }

    private Tensor Labels(int start, int count) => rows.Labels.narrow(0, start, count);
}
