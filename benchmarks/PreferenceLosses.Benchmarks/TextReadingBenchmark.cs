using BenchmarkDotNet.Attributes;
using PreferenceLosses.Expressions;
using PreferenceLosses.Text;

namespace PreferenceLosses.Benchmarks;

/// <summary>From a published text to a loss: repaired, parsed, built into its graph; and differentiated too.</summary>
[MemoryDiagnoser]
public class TextReadingBenchmark
{
    /// <summary>AQFL as published, the longest of the discovered losses, in our words.</summary>
    private readonly string text = """
        def adaptive_quantile_feedback_loss(
            self,
            policy_chosen_logps: torch.FloatTensor,
            policy_rejected_logps: torch.FloatTensor,
            reference_chosen_logps: torch.FloatTensor,
            reference_rejected_logps: torch.FloatTensor,
        ) -> torch.FloatTensor:
            import torch.nn.functional as F
            rate = 0.05
            scale = 0.1
            rho = (policy_chosen_logps - policy_rejected_logps) - (reference_chosen_logps - reference_rejected_logps)
            spread = rho.std()
            quantile = spread * torch.sigmoid(-rho).mean()
            quantile += rate * (torch.sigmoid(rho.mean()) - quantile)
            distance = (rho - quantile).abs()
            share = torch.sigmoid(scale * distance)
            logistic = -F.logsigmoid(self.beta * rho)
            hinge = torch.relu(1 - self.beta * rho)
            return share * logistic + (1 - share) * hinge
        """;

    [Benchmark]
    public LossGraph ParseAndBuild() => LossCode.Parse(text).GetLoss().Graph;

    [Benchmark]
    public object ParseBuildAndDifferentiate() => LossCode.Parse(text).GetLoss().Graph.Gradient(1);
}
