namespace PreferenceLosses.Training;

/// <summary>The names of metrics: those that dashboards have. Of held-out data they begin with <see cref="EvaluationPrefix"/>.</summary>
public static class MetricNames
{
    /// <summary>What the names of held-out metrics begin with.</summary>
    public const string EvaluationPrefix = "eval_";

    /// <summary>The mean loss.</summary>
    public const string Loss = "loss";

    /// <summary>The mean implicit reward of chosen (desirable, best) completions, in nats.</summary>
    public const string ChosenReward = "rewards/chosen";

    /// <summary>The mean implicit reward of rejected (undesirable, other) completions, in nats.</summary>
    public const string RejectedReward = "rewards/rejected";

    /// <summary>How often the chosen completion has the larger reward, ties counting one half. Not of unpaired training batches, which have no pairs.</summary>
    public const string Accuracy = "rewards/accuracies";

    /// <summary>Chosen minus rejected reward, in nats.</summary>
    public const string Margin = "rewards/margins";

    /// <summary>The mean of log π of chosen (desirable, best) completions: summed over tokens, in nats.</summary>
    public const string ChosenLogProbability = "logps/chosen";

    /// <summary>The mean of log π of rejected (undesirable, other) completions.</summary>
    public const string RejectedLogProbability = "logps/rejected";

    /// <summary>The norm of the gradient before it was clipped.</summary>
    public const string GradientNorm = "grad_norm";

    /// <summary>The learning rate of the step.</summary>
    public const string LearningRate = "learning_rate";

    /// <summary>
    /// The divergence of the policy from the reference, in nats a completion. In training KTO's estimate of it, for losses that need one; in evaluations
    /// KL(π ‖ π_ref) along completions that the policy drew, and nothing where it draws none.
    /// </summary>
    public const string Kl = "kl";

    /// <summary>Mean tokens of chosen (desirable, best) completions.</summary>
    public const string ChosenLength = "lengths/chosen";

    /// <summary>Mean tokens of rejected (undesirable, other) completions.</summary>
    public const string RejectedLength = "lengths/rejected";

    /// <summary>Mean tokens of the completions that an evaluation drew: they grow where length is exploited.</summary>
    public const string SampleLength = "lengths/sampled";

    /// <summary>Completion tokens trained on, a second.</summary>
    public const string TokensPerSecond = "tokens_per_second";

    /// <summary>Completion tokens seen so far.</summary>
    public const string Tokens = "num_tokens";

    /// <summary>Epochs done, with their fraction.</summary>
    public const string Epoch = "epoch";
}
