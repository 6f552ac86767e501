using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>A loss of pairs from hidden states, by log-probabilities that are tensors of the autograd graph.</summary>
internal static class HiddenLoss
{
    public static HiddenLossResult Evaluate(IPreferenceLoss loss, HiddenPairs pairs, EvaluationOptions options, LossRoute route)
    {
        pairs.Check(loss);
        if (route == LossRoute.Automatic)
        {
            route = CudaTensors.AreOnHost(pairs.Hidden) && pairs.Hidden.dtype != ScalarType.Float64 ? LossRoute.Fused : LossRoute.Lowered;
        }

        var headGradient = !is_grad_enabled() || !pairs.Head.requires_grad ? HeadGradient.None
            : route == LossRoute.Lowered ? HeadGradient.Lowered
            : loss.Graph.IsBatchCoupled ? HeadGradient.Recomputed
            : HeadGradient.Factorized;
        return headGradient == HeadGradient.Factorized ? FactorizedHead.Evaluate(loss, pairs, options) : Through(loss, pairs, options, route, headGradient);
    }

    /// <summary>Log-probabilities, and the loss of them.</summary>
    public static HiddenLossResult Through(IPreferenceLoss loss, HiddenPairs pairs, EvaluationOptions options, LossRoute route, HeadGradient headGradient)
    {
        using var scope = NewDisposeScope();
        using var mask = pairs.CountedMask();
        var logProbabilities = TensorLogProbabilities.FromHidden(pairs.Hidden, pairs.Head, pairs.Tokens, mask, pairs.Chunk, route);
        var (batch, owned) = pairs.With(logProbabilities.Sums, logProbabilities.Lengths, isDetached: false);
        var result = loss.Evaluate(batch, options, route);
        var detached = (logProbabilities.Sums.detach(), logProbabilities.Lengths.alias());
        scope.MoveToOuter(scope.DisposablesView);
        return new HiddenLossResult(headGradient, result, logProbabilities, detached, owned);
    }
}
