using System.Runtime.CompilerServices;
using PreferenceLosses.Expressions;
using static TorchSharp.torch;
using Shape = PreferenceLosses.Expressions.Shape;

namespace PreferenceLosses.Torch;

/// <summary>
/// A loss of pairs from hidden states whose gradients are computed on the way forward, while the logits are there. The gradient of a sequence's logits is g·(onehot − softmax), where the
/// number g comes from the loss; that is known as soon as the pair is, if its loss depends on it alone.
/// </summary>
/// <remarks>
/// Pairs that fit into one chunk together are complete when its logits are there: their states are multiplied by g before they go into the head's gradient. Of a longer pair
/// (onehot − softmax)ᵀ · states is gathered chunk by chunk, and multiplied by g at its end: once if the loss is one of the difference of both log-probabilities, whose g have
/// opposite signs, otherwise for each completion.
/// </remarks>
internal sealed class FactorizedHead
{
    private static readonly ConditionalWeakTable<LossGraph, object> Differences = [];

    private readonly IPreferenceLoss loss;
    private readonly HiddenPairs pairs;
    private readonly EvaluationOptions options;
    private readonly CountedRows rows;
    private readonly int[] starts;
    private readonly ChunkedPass pass;
    private readonly Tensor lengths;
    private readonly Tensor total;

    /// <summary>What is gathered for a pair of several chunks: for both completions together, or for each.</summary>
    private Tensor[] gathered = [];

    private FactorizedHead(IPreferenceLoss loss, HiddenPairs pairs, EvaluationOptions options)
    {
        this.loss = loss;
        this.pairs = pairs;
        this.options = options;
        using var mask = pairs.CountedMask();

        // Both completions of a pair next to each other.
        (rows, starts) = CountedRows.Of(
            pairs.Tokens, mask, pairs.Head.size(0), [.. Enumerable.Range(0, pairs.Count).SelectMany(pair => (int[])[pair, pairs.Count + pair])]);
        pass = new ChunkedPass(pairs.Hidden.detach(), pairs.Head.detach(), rows, pairs.Chunk, pairs.Hidden.requires_grad);
        lengths = Summed(ones_like(pass.LogProbabilities));
        total = zeros_like(pairs.Head, ScalarType.Float32);
    }

    public static HiddenLossResult Evaluate(IPreferenceLoss loss, HiddenPairs pairs, EvaluationOptions options)
    {
        ChunkedHead.Check(pairs.Hidden);
        using var scope = NewDisposeScope();
        var (sums, lengths, factors) = Factors(loss, pairs, options);
        var (batch, owned) = pairs.With(sums, lengths, isDetached: false);
        var result = loss.Evaluate(batch, options, LossRoute.Fused);
        var back = new BackwardPass();
        var value = result.HasValue ? Attached(result.Value, pairs, factors, back) : null;
        foreach (var factor in factors)
        {
            factor.Dispose();
        }

        HiddenLossResult Again()
        {
            using var _ = enable_grad();
            return HiddenLoss.Through(loss, pairs, options, LossRoute.Fused, HeadGradient.Recomputed);
        }

        scope.MoveToOuter(scope.DisposablesView);
        return new HiddenLossResult(result, value, back, (sums, lengths), owned, Again);
    }

    /// <summary>Whether the derivative by the rejected completion is that by the chosen one with the other sign: the formulas are the same node, negated.</summary>
    public static bool IsOfDifference(LossGraph graph) => (bool)Differences.GetValue(graph, static wanted =>
    {
        var gradient = wanted.Gradient(Formulas.Input("upstream", Shape.Row, differentiable: false));
        return gradient.TryGetValue(Columns.PolicyChosen, out var chosen) && gradient.TryGetValue(Columns.PolicyRejected, out var rejected)
            && (IsNegated(chosen, rejected) || IsNegated(rejected, chosen));
    });

    private static bool IsNegated(Expr x, Expr y) => x.Operation == Operation.Negate && ReferenceEquals(x.Operands[0], y);

    /// <summary>
    /// Log-probabilities, lengths, and what the gradients of the reduced loss are made of on the way back: that of the head in single precision, and if one of the hidden states is wanted, the places
    /// of rows, the derivatives of their log-probabilities, and g of each in single precision. They are multiplied there, because what is passed back may be a loss scale, which is to save
    /// what float16 does not have.
    /// </summary>
    private static (Tensor Sums, Tensor Lengths, Tensor[] Factors) Factors(IPreferenceLoss loss, HiddenPairs pairs, EvaluationOptions options)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var head = new FactorizedHead(loss, pairs, options);
        foreach (var (first, count) in head.Groups())
        {
            using var groupScope = NewDisposeScope();
            var (start, end) = (head.starts[2 * first], head.starts[2 * (first + count)]);
            if (end - start > pairs.Chunk)
            {
                head.AddLong(first);
            }
            else if (end > start)
            {
                head.AddWhole(start, end - start);
            }
        }

        var sums = head.Summed(head.pass.LogProbabilities);
        List<Tensor> factors = [head.total];
        if (head.pass.Derivatives is { } derivatives)
        {
            var weights = head.rows.Count == 0 ? zeros(0, ScalarType.Float32, derivatives.device) : head.rows.Spread(head.Upstream());
            factors.AddRange([head.rows.Places, derivatives, weights]);
        }

        return (sums.MoveToOuterDisposeScope(), head.lengths.MoveToOuterDisposeScope(), [.. factors.Select(factor => factor.MoveToOuterDisposeScope())]);
    }

    /// <summary>The value as a function of hidden states and head, and of what else the loss is differentiated by.</summary>
    private static Tensor Attached(Tensor value, HiddenPairs pairs, Tensor[] factors, BackwardPass back)
    {
        List<Tensor> inputs = pairs.Hidden.requires_grad ? [pairs.Hidden, pairs.Head] : [pairs.Head];
        var ofOthers = value.requires_grad;
        if (ofOthers)
        {
            inputs.Add(value);
        }

        var (shape, headType) = (pairs.Hidden.shape, pairs.Head.dtype);
        Tensor[] Back(List<Tensor> saved, Tensor upstream)
        {
            using var backScope = NewDisposeScope();
            List<Tensor> gradients = [(saved[0] * upstream).to_type(headType)];
            if (saved.Count > 1)
            {
                gradients.Insert(0, CountedRows.Scattered(saved[1], ChunkedPass.Scaled(saved[2], saved[3] * upstream), shape));
            }

            if (ofOthers)
            {
                gradients.Add(upstream.clone());
            }

            return [.. gradients.Select(gradient => gradient.MoveToOuterDisposeScope())];
        }

        using var scope = NewDisposeScope();
        return SavingLossFunction.apply(
            [.. inputs, new SavingLossFunction.Arguments(value.detach().clone(), [.. factors], Back, [.. inputs.Select(GradientForm.Of)], back)]).MoveToOuterDisposeScope();
    }

    /// <summary>Pairs one after the other: as many as fit into a chunk with all their rows, or one that does not.</summary>
    private IEnumerable<(int First, int Count)> Groups()
    {
        for (var first = 0; first < pairs.Count;)
        {
            var count = 1;
            while (first + count < pairs.Count && starts[2 * (first + count + 1)] - starts[2 * first] <= pairs.Chunk)
            {
                count++;
            }

            yield return (first, count);
            first += count;
        }
    }

    /// <summary>Pairs whose rows are one chunk.</summary>
    private void AddWhole(int start, int count)
    {
        var states = pass.States(start, count);
        var logits = pass.Logits(states, start, count);
        var weights = rows.Spread(Upstream()).narrow(0, start, count);
        pass.Differentiate(logits, start, count);
        ChunkedPass.Add(total, logits, states, weights);
    }

    /// <summary>A pair of several chunks.</summary>
    private void AddLong(int pair)
    {
        var isOfDifference = IsOfDifference(loss.Graph);
        if (gathered.Length == 0)
        {
            gathered = [.. Enumerable.Range(0, isOfDifference ? 1 : 2).Select(_ => zeros_like(total).MoveToOuterDisposeScope())];
        }

        for (var side = 0; side < 2; side++)
        {
            foreach (var (start, count) in pass.Chunks(starts[(2 * pair) + side], starts[(2 * pair) + side + 1]))
            {
                using var scope = NewDisposeScope();
                var states = pass.States(start, count);
                var logits = pass.Logits(states, start, count);
                pass.Differentiate(logits, start, count);
                ChunkedPass.Add(isOfDifference ? gathered[0] : gathered[side], logits, isOfDifference && side == 1 ? states.neg() : states);
            }
        }

        var upstream = Upstream();
        for (var i = 0; i < gathered.Length; i++)
        {
            total.add_(gathered[i].mul_(upstream[pair + (i * pairs.Count)]));
            gathered[i].zero_();
        }
    }

    /// <summary>
    /// The derivative of the reduced loss by each sequence's log-probability, [2·pairs], in single precision: right for the pairs that have been seen. The others are
    /// there as zeros, so that messages have the right rows.
    /// </summary>
    private Tensor Upstream()
    {
        using var enabled = enable_grad();
        using var scope = NewDisposeScope();
        var sums = Summed(pass.LogProbabilities).detach().requires_grad_();
        var result = loss.Evaluate(pairs.With(sums, lengths, isDetached: true).Batch, options, LossRoute.Fused);
        result.Value.backward();
        return result.BackwardError is null
            ? sums.grad!.MoveToOuterDisposeScope()
            : throw new InvalidOperationException("The gradient of the loss could not be computed.", result.BackwardError);
    }

    private Tensor Summed(Tensor values)
    {
        using var scope = NewDisposeScope();
        return rows.Summed(values, pairs.Tokens.size(0), pairs.Tokens.size(1)).to_type(ScalarType.Float32).MoveToOuterDisposeScope();
    }
}
